import AxeBuilder from "@axe-core/playwright";
import { Site } from "../site.js";
import { arrive, test as base, expect, nameGuest, startOwn } from "../test.js";

const LONG = "A title that goes on for much longer than two lines of a phone can hold, and then some more of it";
const PAGES = {
  "/green": { title: "Green tea", description: "Steep it for two minutes.", image: "/picture.png" },
  "/black": { title: "Black tea" },
  "/long": { title: LONG, description: LONG, image: "/picture.png" },
  "/slow": { title: "Slow tea", description: "It takes its time.", image: "/picture.png", held: true },
};

/** A site, and a server whose host lets it be looked at. */
const test = base.extend({
  site: async ({}, use) => {
    const site = await Site.open(PAGES);
    await use(site);
    site.release();
    await site.close();
  },
  baseURL: async ({ site, house }, use) => use((await house({ settings: site.settings })).url),
});

const cards = (room) => room.conversation.locator(".card");

test("a link becomes a card for everyone, and its author takes it away", async ({ site, person }) => {
  const anas = await startOwn(await person(), "Ana", "The kitchen");
  const bens = await arrive(await person(), "Ben", anas.path);
  await anas.sayAndClear(`First ${site.url}/black, then ${site.url}/green`);
  for (const room of [anas, bens]) {
    await expect(cards(room)).toHaveCount(2);
    await expect(cards(room).locator(".card-title"), "in the order of the links").toHaveText(["Black tea", "Green tea"]);
  }
  const green = cards(bens).filter({ hasText: "Green tea" });
  await expect(green).toContainText("Steep it for two minutes.");
  await expect(green.getByRole("link")).toHaveAttribute("href", `${site.url}/green`);
  const picture = green.locator("img");
  expect(await picture.getAttribute("src")).toMatch(new RegExp(`^${anas.path}/cards/1-[0-9a-f-]+$`));
  await expect.poll(() => picture.evaluate((image) => image.complete && image.naturalWidth)).toBeGreaterThan(0);

  // It is Ana's to take away, by the keyboard too; nobody else has the button.
  await expect(bens.page.getByRole("button", { name: /^Remove the card/ })).toHaveCount(0);
  const button = anas.page.getByRole("button", { name: "Remove the card: Black tea" });
  await cards(anas).first().getByRole("link").focus();
  await anas.page.keyboard.press("Tab");
  await expect(button).toBeFocused();
  await anas.page.keyboard.press("Enter");
  for (const room of [anas, bens]) await expect(cards(room)).toHaveCount(1);
  await expect(anas.page.getByRole("status").filter({ hasText: "Card removed" })).toBeVisible();
  await expect(anas.messages.first(), "one goes on from there").toBeFocused();

  // The page that is loaded next shows the same; a new text keeps the card of a link that stays.
  await bens.page.reload();
  await bens.isCurrent();
  await expect(cards(bens)).toHaveCount(1);
  const gone = await bens.page.evaluateHandle(() => {
    const seen = { least: 1 };
    const count = () => (seen.least = Math.min(seen.least, document.querySelectorAll(".card").length));
    new MutationObserver(count).observe(document.querySelector("#feed"), { childList: true, subtree: true });
    return seen;
  });
  const edit = async (from, text) => {
    const menu = await anas.menuOfMessage(from);
    await menu.getByRole("button", { name: "Edit" }).click();
    await anas.page.getByRole("textbox", { name: "The new text of the message" }).fill(text);
    await anas.page.keyboard.press("Enter");
    await expect(bens.message(text.split(" ")[0])).toBeVisible();
  };
  await edit("First", `Only ${site.url}/green`);
  await expect(cards(bens)).toHaveCount(1);
  expect((await gone.jsonValue()).least, "it did not blink").toBe(1);
  await edit("Only", "Neither");
  await expect(cards(bens)).toHaveCount(0);
});

test("of what is removed nothing is left to look at", async ({ site, person }) => {
  const anas = await startOwn(await person(), "Ana", "The kitchen");
  await anas.sayAndClear(`See ${site.url}/green`);
  const picture = cards(anas).locator("img");
  const path = await picture.getAttribute("src");
  const ask = () => anas.page.request.get(path, { headers: { "cache-control": "no-cache" } });
  expect((await ask()).status()).toBe(200);
  await anas.remove("See");
  await expect(cards(anas)).toHaveCount(0);
  await expect.poll(async () => (await ask()).status()).toBe(404);
});

test("without JavaScript cards are seen and taken away", async ({ site, person }) => {
  const ana = await nameGuest(await person({ javaScriptEnabled: false }), "Ana");
  await ana.goto("/");
  await ana.getByLabel(/What is it about/).fill("By hand");
  await ana.getByRole("button", { name: "Start a room" }).click();
  await ana.getByRole("textbox", { name: "Message to By hand" }).fill(`See ${site.url}/green`);
  await ana.getByRole("button", { name: "Send", exact: true }).click();
  await expect(async () => {
    await ana.reload();
    await expect(ana.locator(".card")).toHaveCount(1, { timeout: 500 });
  }).toPass();
  await expect(ana.locator(".card-dismiss")).toBeHidden();
  await ana.locator("#m-1 a.when").click();
  await ana.getByText("Change message 1").click();
  await ana.getByRole("button", { name: "Remove the card: Green tea" }).click();
  await expect(ana.locator("#m-1")).toContainText("See");
  await expect(ana.locator(".card")).toHaveCount(0);
});

for (const width of [390, 1280]) {
  for (const where of ["below what is read", "under the first message in view"]) {
    test(`a card that comes ${where} moves nothing, ${width} px`, async ({ site, person }) => {
      const page = await person({ viewport: { width, height: 700 } });
      const room = await startOwn(page, "Ana", "The kitchen");
      await room.sayAndClear("the first");
      if (where.startsWith("under")) await room.sayAndClear(`one more, with ${site.url}/slow`);
      for (let i = 0; i < 7; i += 1) await room.sayAndClear(`line ${i}${"\n\nand another".repeat(5)}`);
      if (where.startsWith("below")) await room.sayAndClear(`one more, with ${site.url}/slow`);
      await expect(room.messages).toHaveCount(9);
      await expect.poll(() => site.asked.includes("/slow")).toBe(true);
      await room.conversation.evaluate((element, number) => {
        const item = element.querySelector(`.message[data-number="${number}"]`);
        element.scrollTop += item.getBoundingClientRect().top - element.getBoundingClientRect().top + 4;
      }, 2);
      const top = await topOfView(page);
      expect(top.number, "this test needs it at the top").toBe(2);
      expect(await room.above()).toBeGreaterThan(60);
      const frames = await watchPlace(page, top.number);
      site.release();
      await expect(cards(room)).toHaveCount(1);
      // Its picture, too: where it is not in view, the browser does not load it.
      const picture = cards(room).locator("img");
      const isLoaded = () => picture.evaluate((image) => image.complete && image.naturalWidth > 0);
      if (where.startsWith("under")) await expect.poll(isLoaded).toBe(true);
      expect(Math.abs((await room.place(top.number)) - top.place)).toBeLessThan(1);
      const { most } = await frames.jsonValue();
      expect(most, "in no frame").toBeLessThan(1);
    });
  }

  test(`at the bottom a card keeps one there, ${width} px`, async ({ site, person }) => {
    const page = await person({ viewport: { width, height: 700 } });
    const room = await startOwn(page, "Ana", "The kitchen");
    for (let i = 0; i < 8; i += 1) await room.sayAndClear(`line ${i}${"\n\nand another".repeat(5)}`);
    await room.sayAndClear(`see ${site.url}/slow`);
    await expect.poll(() => site.asked.includes("/slow")).toBe(true);
    expect(await room.above()).toBe(0);
    site.release();
    await expect(cards(room)).toBeInViewport({ ratio: 1 });
    expect(await room.above()).toBe(0);
  });
}

for (const colorScheme of ["light", "dark"]) {
  for (const width of [320, 1440]) {
    test(`cards have their place and pass the accessibility checks, ${width} px, ${colorScheme}`, async ({ site, person }) => {
      const page = await person({ colorScheme, viewport: { width, height: 800 } });
      const room = await startOwn(page, "Ana", "The kitchen");
      await room.sayAndClear(`${site.url}/green ${site.url}/black ${site.url}/long`);
      await expect(cards(room)).toHaveCount(3);
      const link = new URL(await room.messages.first().locator("a.when").getAttribute("href"), page.url()).href;
      await room.sayAndClear(`see ${link}`);
      await expect(room.conversation.locator(".quote")).toHaveCount(1);
      const boxes = await cards(room).evaluateAll((list) =>
        list.map((card) => [card.getBoundingClientRect().height, card.scrollWidth - card.clientWidth]),
      );
      expect(new Set(boxes.map(([height]) => Math.round(height))).size, "all are as high").toBe(1);
      expect(boxes.every(([, over]) => over <= 0), "nothing sticks out").toBe(true);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
      const { violations } = await new AxeBuilder({ page }).analyze();
      const serious = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
      expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/cards-${width}-${colorScheme}.png` });
    });
  }
}

/** The message at the top of the view, and where it is. */
function topOfView(page) {
  return page.evaluate(() => {
    const edge = document.querySelector("#scroller").getBoundingClientRect().top;
    const item = Array.from(document.querySelectorAll(".message")).find((item) => item.getBoundingClientRect().bottom > edge);
    return { number: Number(item.dataset.number), place: item.getBoundingClientRect().top };
  });
}

/** How far message `number` was away from its place in any frame from now on. */
function watchPlace(page, number) {
  return page.evaluateHandle((number) => {
    const topOf = () => document.querySelector(`.message[data-number="${number}"]`).getBoundingClientRect().top;
    const place = topOf();
    const seen = { most: 0 };
    const look = () => {
      seen.most = Math.max(seen.most, Math.abs(topOf() - place));
      requestAnimationFrame(look);
    };
    look();
    return seen;
  }, number);
}

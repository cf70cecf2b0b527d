import { Room, arrive, expect, startAnother, startOwn, test } from "../test.js";

const quotes = (room) => room.conversation.locator(".quote");

test("a link to a message shows it to whoever may read it", async ({ person }) => {
  const kitchen = await startOwn(await person(), "Ana", "The kitchen");
  await kitchen.sayAndClear("The tea is *ready*.");
  const link = new URL(await kitchen.messages.first().locator("a.when").getAttribute("href"), kitchen.page.url()).href;
  const cellar = await startAnother(kitchen.page, "The cellar");
  await cellar.sayAndClear("Psst.");
  const secret = new URL(await cellar.messages.first().locator("a.when").getAttribute("href"), cellar.page.url()).href;
  await cellar.sayAndClear("/private");

  const bens = await arrive(await person(), "Ben", new URL(link).pathname.replace(/\/\d+$/, ""));
  await bens.sayAndClear(`As Ana said: ${link}`);
  await expect(quotes(bens)).toHaveText(/Ana[^]*The tea is \*ready\*\./);
  await expect(quotes(bens).locator(".quote-room"), "that it was said here need not be said").toHaveCount(0);
  // Two in one message; of what he may not read, he gets the link.
  await bens.sayAndClear(`Both: [tea](${new URL(link).pathname}) and ${secret}`);
  await expect(quotes(bens)).toHaveCount(2);
  const anas = await Room.open(kitchen.page, bens.path);
  await expect(quotes(anas)).toHaveCount(3);
  await expect(quotes(anas).last()).toContainText("Psst.");
  await expect(quotes(anas).last().locator(".quote-room")).toHaveText("The cellar");

  // The quote leads there.
  await quotes(anas).last().getByRole("link").click();
  await expect(anas.page).toHaveURL(secret);
  await anas.page.goBack();
  await anas.isCurrent();
  // A new text has other quotes.
  const menu = await bens.menuOfMessage("As Ana said");
  await menu.getByRole("button", { name: "Edit" }).click();
  await bens.page.getByRole("textbox", { name: "The new text of the message" }).fill("Nobody said that.");
  await bens.page.keyboard.press("Enter");
  await expect(bens.message("Nobody said that.")).toBeVisible();
  await expect(quotes(bens)).toHaveCount(1);
  // What is gone is quoted no more.
  await anas.remove("The tea is ready.");
  await expect(bens.message("Message removed")).toBeVisible();
  await expect(quotes(bens)).toHaveCount(0);
  await bens.page.reload();
  await bens.isCurrent();
  await expect(bens.message("Both:").locator("a")).not.toHaveCount(0);
  await expect(quotes(bens)).toHaveCount(0);
});

for (const width of [390, 1280]) {
  test(`a quote moves nothing that is read, ${width} px`, async ({ person }) => {
    const page = await person({ viewport: { width, height: 700 } });
    const room = await startOwn(page, "Ana", `Quotes at ${width}`);
    await room.sayAndClear("What is quoted, and has a few words more than fit into one line of a phone.");
    const link = new URL(await room.messages.first().locator("a.when").getAttribute("href"), page.url()).href;
    for (let i = 0; i < 8; i += 1) await room.sayAndClear(`line ${i}\n\nwith some space`);
    await expect(room.messages).toHaveCount(9);
    // Held back until the reader has found a place.
    let give;
    const given = new Promise((resolve) => (give = resolve));
    await page.route("**/quote", async (route) => {
      await given;
      await route.continue();
    });
    const asked = page.waitForRequest("**/quote");
    await room.sayAndClear(`see ${link}`);
    await asked;
    await room.conversation.evaluate((element) => (element.scrollTop = -150));
    const top = await topOfView(page);
    give();
    await expect(quotes(room)).toHaveCount(1);
    expect(Math.abs((await room.place(top.number)) - top.place)).toBeLessThan(1);
  });
}

/** The message at the top of the view, and where it is. */
function topOfView(page) {
  return page.evaluate(() => {
    const edge = document.querySelector("#scroller").getBoundingClientRect().top;
    const item = Array.from(document.querySelectorAll(".message")).find((item) => item.getBoundingClientRect().bottom > edge);
    return { number: Number(item.dataset.number), place: item.getBoundingClientRect().top };
  });
}

test("without JavaScript the link stays a link", async ({ person }) => {
  const room = await startOwn(await person(), "Ana", "By hand");
  await room.sayAndClear("First.");
  const link = new URL(await room.messages.first().locator("a.when").getAttribute("href"), room.page.url()).href;
  await room.sayAndClear(`See ${link}`);
  await expect(quotes(room)).toHaveCount(1);
  const plain = await person({ javaScriptEnabled: false });
  await plain.goto(room.path);
  await expect(plain.locator("#m-2 .body a")).toHaveAttribute("href", link);
  await expect(plain.locator(".quote")).toHaveCount(0);
});

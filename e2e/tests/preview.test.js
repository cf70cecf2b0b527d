import AxeBuilder from "@axe-core/playwright";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Site } from "../site.js";
import { test as base, expect, isLive } from "../test.js";

const PAGES = {
  "/green": { title: "Green tea", description: "Steep it for <b>two</b> minutes.", image: "/picture.png" },
  "/black": { title: "Black tea" },
  "/old": { title: "An old page", held: true },
  "/moved": { location: "/black" },
  "/ill": { status: 503 },
};

/** A site, and a server whose host lets it be previewed. */
const test = base.extend({
  site: async ({}, use) => {
    const site = await Site.open(PAGES);
    await use(site);
    site.release();
    await site.close();
  },
  visit: async ({ site, house, person }, use) => {
    const server = await house({ settings: site.settings });
    await use(async (path = "/preview", options = {}) => {
      const page = await person({ baseURL: server.url, ...options });
      await page.goto(path);
      if (options.javaScriptEnabled !== false) await isLive(page);
      return page;
    });
  },
});

const field = (page) => page.getByRole("textbox", { name: "Enter URL" });
const title = (page) => page.getByRole("article").getByRole("heading");
const status = (page) => page.locator("#preview-status");

test("one types an address and sees what is there, and the address of this page can be sent on", async ({ site, visit }) => {
  const page = await visit("/about");
  await page.getByRole("link", { name: "Link preview" }).click();
  await isLive(page);
  await expect(field(page)).toBeFocused();
  await page.keyboard.type(`${site.url}/green`);
  await expect(title(page)).toHaveText("Green tea");
  const card = page.getByRole("article", { name: "Green tea" });
  await expect(card).toContainText("Steep it for <b>two</b> minutes.");
  await expect(card.getByRole("link")).toHaveAttribute("href", `${site.url}/green`);
  await expect(status(page)).toContainText("is there");
  const picture = card.locator("img");
  await expect.poll(() => picture.evaluate((image) => image.complete && image.naturalWidth)).toBeGreaterThan(0);
  expect(await picture.getAttribute("src")).toMatch(/^\/preview\/images\/[0-9a-f]{32}$/);
  const { width, height } = await picture.boundingBox();
  expect(Math.abs(width / height - 64 / 48), "its shape is kept").toBeLessThan(0.05);
  // Half addresses were not asked for: nothing there has a path that was cut off.
  expect(site.asked.filter((path) => !["/green", "/picture.png"].includes(path))).toEqual([]);

  const url = page.url();
  expect(new URL(url).searchParams.get("url")).toBe(`${site.url}/green`);
  const other = await visit(url);
  await expect(title(other)).toHaveText("Green tea");
  expect(site.asked.filter((path) => path === "/green")).toHaveLength(1);
  // What was typed is one entry of the history.
  await page.goBack();
  await expect(page).toHaveURL(/\/about$/);
});

test("what was there is gone at once, and the latest request wins", async ({ site, visit }) => {
  const page = await visit();
  await field(page).fill(`${site.url}/green`);
  await expect(title(page)).toBeVisible();
  await field(page).press("End");
  await page.keyboard.press("Backspace");
  await expect(title(page)).toBeHidden();
  await field(page).fill(`${site.url}/old`);
  await expect(status(page)).toHaveText("Looking at 127.0.0.1…");
  await field(page).fill(`${site.url}/black`);
  await expect(title(page)).toHaveText("Black tea");
  await expect(page.getByText(`No picture was found at ${site.url}/black.`)).toBeVisible();
  const seen = await page.evaluateHandle(() => {
    const titles = new Set();
    const look = () => titles.add(document.querySelector("#preview-title")?.textContent);
    new MutationObserver(look).observe(document.querySelector("#preview"), { childList: true, subtree: true, characterData: true });
    return titles;
  });
  site.release();
  // Somebody else sees the old page now, so its answer is there.
  const other = await visit(`/preview?url=${encodeURIComponent(`${site.url}/old`)}`);
  await expect(title(other)).toHaveText("An old page");
  await expect(title(page)).toHaveText("Black tea");
  expect(await seen.evaluate((titles) => Array.from(titles))).not.toContain("An old page");
});

test("half an address is no mistake, a failure has its reason and another try", async ({ site, visit }) => {
  const page = await visit();
  await field(page).fill("exampl");
  await expect(status(page)).toHaveText("That is not a web address yet.");
  await expect(status(page)).toHaveClass("hint");
  await field(page).fill(`${site.url}/ill`);
  await expect(status(page)).toHaveText("The site answered with 503.");
  site.pages = { ...PAGES, "/ill": { title: "Well again" } };
  await expect(async () => {
    await page.getByRole("button", { name: "Try again" }).click({ timeout: 1_000 });
    await expect(title(page)).toHaveText("Well again", { timeout: 1_000 });
  }).toPass();
  await field(page).fill("http://169.254.169.254/latest/meta-data/");
  await expect(status(page)).toContainText("This address is not fetched");
  await expect(page.getByRole("button", { name: "Try again" })).toHaveCount(0);
  await field(page).fill(`${site.url}/moved`);
  await expect(page.getByText(`The link leads to ${site.url}/black`)).toBeVisible();
});

test("it works without JavaScript", async ({ site, visit }) => {
  const page = await visit("/preview", { javaScriptEnabled: false });
  await field(page).fill(`${site.url}/old`);
  await page.getByRole("button", { name: "Preview" }).click();
  await expect(status(page)).toHaveText("Looking at 127.0.0.1…");
  site.release();
  // The page asks again by itself.
  await expect(title(page)).toHaveText("An old page");
  await page.goto("/preview?url=exampl");
  await expect(status(page)).toHaveText("That is not a web address yet.");
});

test("a host leaves a site out, or switches previews off, while the server runs", async ({ site, house, person }) => {
  const server = await house({ settings: site.settings });
  const page = await person({ baseURL: server.url });
  await page.goto(`/preview?${new URLSearchParams({ url: `${site.url}/green` })}`);
  await expect(title(page)).toHaveText("Green tea");
  for (const [settings, words] of [
    [`${site.settings}deny = ["127.0.0.1"]\n`, "Previews of this site are switched off here."],
    ["[previews]\nenabled = false\n", "Previews are switched off here."],
  ]) {
    await writeFile(join(server.folder, "settings.toml"), settings);
    server.process.kill("SIGHUP");
    await expect(async () => {
      await page.reload();
      await expect(status(page)).toHaveText(words, { timeout: 500 });
    }).toPass();
    await expect(title(page)).toHaveCount(0);
    await expect(page.getByRole("button", { name: "Try again" })).toHaveCount(0);
  }
  // A mistake leaves everything as it is, and is told to the host.
  await writeFile(join(server.folder, "settings.toml"), '[previews]\nenabled = true\nallow = ["localhost"]\n');
  server.process.kill("SIGHUP");
  await expect.poll(() => server.log).toContain("is not an address such as");
  expect(server.log).toContain("line 3");
  await page.reload();
  await expect(status(page)).toHaveText("Previews are switched off here.");
});

test("nothing serious for those who see, hear or type otherwise, whatever there is to tell", async ({ site, visit }) => {
  test.setTimeout(180_000);
  const states = { empty: "", half: "exampl", there: `${site.url}/green`, plain: `${site.url}/moved`, ill: `${site.url}/ill`, waiting: `${site.url}/old` };
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [320, 1440]) {
      const page = await visit("/preview", { colorScheme, viewport: { width, height: 844 } });
      for (const [name, url] of Object.entries(states)) {
        await page.goto(`/preview?${new URLSearchParams({ url })}`);
        await isLive(page);
        await expect(page.locator("#preview-status:not(:empty)")).toHaveCount(1);
        if (name === "there") await expect(title(page)).toBeVisible();
        const { violations } = await new AxeBuilder({ page }).analyze();
        const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
        expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`), `${name}, ${width} px, ${colorScheme}`).toEqual([]);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
        expect(wide, `${name}, ${width} px`).toBe(false);
      }
      await page.context().close();
    }
  }
});

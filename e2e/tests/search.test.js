import { Room, expect, isLive, nameGuest, test } from "../test.js";
import { Visitor, attribute } from "../visitor.js";

// These tests look for things more often than people do.
const settings = "[limits.searches]\nperson = { at_once = 500, per_minute = 500 }\n";
test.use({ serverOptions: { settings } });

/** Somebody without a browser, who goes by `name`. */
async function guest(server, name) {
  const visitor = new Visitor(server.url);
  await visitor.get("/me");
  const { status } = await visitor.send("/me/name", { name });
  expect(status).toBe(303);
  return visitor;
}

async function open(visitor, title, visibility = "public") {
  const { status, location } = await visitor.send("/rooms", { title, visibility });
  expect(status).toBe(303);
  return location;
}

/** Says it, and returns the number it got. */
async function say(visitor, path, body) {
  const { status, location } = await visitor.send(`${path}/post`, { body });
  expect([body, status]).toEqual([body, 303]);
  return Number(location.split("#m-")[1]);
}

const hits = (page) => page.locator(".hit");

/** Looks for `words`, as somebody who types them. */
async function look(page, words) {
  await page.getByRole("searchbox", { name: "What was said" }).fill(words);
}

test("what was said is found in public rooms and one's own, and in nobody else's", async ({ server, person }) => {
  const [ana, ben] = [await guest(server, "Ana"), await guest(server, "Ben")];
  const garden = await open(ana, "The garden");
  const cellar = await open(ana, "The cellar", "private");
  const attic = await open(ben, "The attic", "private");
  const link = await open(ben, "By link", "unlisted");
  await say(ana, garden, "Green marzipan in the garden.");
  await say(ana, cellar, "Red marzipan in the cellar.");
  await say(ben, attic, "Blue marzipan in the attic.");
  await say(ben, link, "Grey marzipan by link.");

  const page = await person();
  await page.context().addCookies([{ name: "_teahouse", value: ana.cookie.split("=")[1], url: server.url }]);
  await page.goto("/search");
  await isLive(page);
  await expect(page.getByText("Look for words in all the rooms that you may read.")).toBeVisible();
  await look(page, "marzipan");
  await expect(hits(page)).toHaveCount(2);
  await expect(page).toHaveURL("/search?q=marzipan");
  await expect(hits(page).filter({ hasText: "in the cellar" })).toContainText("The cellar");
  await expect(hits(page).filter({ hasText: "in the garden" })).toContainText("Ana");
  expect(await hits(page).locator("mark").allTextContents()).toEqual(["marzipan", "marzipan"]);

  // A stranger finds what is public; asking for the room by its address shows no more.
  const stranger = new Visitor(server.url);
  const found = await stranger.get("/search?q=marzipan");
  expect(found.html).toContain("garden");
  expect(found.html).not.toMatch(/cellar|attic|Grey/);
  for (const path of [cellar, attic]) {
    const { html } = await stranger.get(`/search?q=marzipan&room=${path.split("/").at(-1)}`);
    expect(html).not.toMatch(/The (cellar|attic)|Red|Blue/);
  }
  // Nor does a room that became private, to whoever is not in it.
  const privately = await ana.send(`${garden}/visibility`, { visibility: "private" });
  expect(privately.status).toBe(303);
  expect((await stranger.get("/search?q=marzipan")).html).toContain("Nothing was found.");

  await look(page, "nobody said this");
  await expect(page.getByText("Nothing was found.")).toBeVisible();
  await expect(hits(page)).toHaveCount(0);
});

test("by person, by room, by day, in a row, and from its beginning", async ({ server, person }) => {
  const [ana, ben] = [await guest(server, "Ananas"), await guest(server, "Benedict")];
  const porch = await open(ana, "The porch");
  const barn = await open(ben, "The barn");
  await say(ana, porch, "Saffron buns are ready.");
  await say(ben, porch, "Buns of saffron, I hope.");
  await say(ben, barn, "No saffron left in the barn.");

  const page = await person();
  await page.goto("/search");
  await isLive(page);
  await look(page, "saffron");
  await expect(hits(page)).toHaveCount(3);
  // The newest first.
  await expect(hits(page).first()).toContainText("No saffron left");
  await look(page, "saff");
  await expect(hits(page)).toHaveCount(3);
  await look(page, "\"saffron buns\"");
  await expect(hits(page)).toHaveCount(1);
  await look(page, "saffron buns");
  await expect(hits(page)).toHaveCount(2);

  await look(page, "saffron");
  await page.getByLabel("By whom").fill("Benedict");
  await expect(hits(page)).toHaveCount(2);
  await page.getByLabel("By whom").fill("");
  await expect(hits(page)).toHaveCount(3);

  const day = new Date().toISOString().slice(0, 10);
  for (const [query, count] of [
    [`room=${barn.split("/").at(-1)}`, 1], [`from=${day}`, 3], [`until=${day}`, 3], ["from=2099-01-01", 0], ["until=1999-12-31", 0],
    [`room=${porch.split("/").at(-1)}&by=Benedict&from=${day}&until=${day}`, 1],
  ]) {
    await page.goto(`/search?q=saffron&${query}`);
    await expect(hits(page), query).toHaveCount(count);
  }
  await page.goto("/search?q=saffron&from=yesterday");
  await expect(page.getByRole("alert").filter({ hasText: "yesterday is not a day" })).toBeVisible();
  await page.goto("/search?q=saffron&room=no-such-room-here");
  await expect(page.getByRole("alert").filter({ hasText: "There is no room called no-such-room-here." })).toBeVisible();
});

test("what was changed is found by its new words, what was deleted by none", async ({ server }) => {
  const ana = await guest(server, "Ana");
  const path = await open(ana, "Second thoughts");
  const changed = await say(ana, path, "The password is xylophone.");
  const deleted = await say(ana, path, "Zeppelins are late.");
  const count = async (word) => [...(await ana.get(`/search?q=${word}`)).html.matchAll(/class="hit"/g)].length;
  expect(await count("xylophone")).toBe(1);
  expect((await ana.send(`${path}/edit`, { number: changed, body: "The password is secret." })).status).toBe(303);
  expect((await ana.send(`${path}/remove`, { number: deleted })).status).toBe(303);
  await expect.poll(() => count("xylophone")).toBe(0);
  await expect.poll(() => count("zeppelins")).toBe(0);
  expect(await count("secret")).toBe(1);
});

test("a hit leads to the message, which stands out", async ({ server, person }) => {
  test.setTimeout(90_000);
  const ana = await guest(server, "Ana");
  const path = await open(ana, "A long story");
  const number = await say(ana, path, "It begins with a *turquoise* parrot.");
  const writers = [ana];
  for (let i = 0; i < 140; i += 1) {
    if (i % 9 === 0) writers.push(await guest(server, `Writer ${i}`));
    await say(writers.at(-1), path, `Chapter ${i}, in which little happens.`);
  }
  const page = await person();
  await Room.open(page, path);
  await page.getByRole("button", { name: "Room menu" }).click();
  await page.getByRole("link", { name: "Search in this room" }).click();
  await page.waitForURL("**/search?room=*");
  await isLive(page);
  await look(page, "turquoise parrot");
  await expect(hits(page)).toHaveCount(1);
  await hits(page).click();
  await page.waitForURL(`**${path}/${number}*`);
  const message = page.locator(`#m-${number}`);
  await expect(message).toBeInViewport();
  await expect(message).toContainText("turquoise parrot");
  const background = (selector) => page.locator(`${selector} .body`).evaluate((element) => getComputedStyle(element).backgroundColor);
  expect(await background(`#m-${number}`)).not.toBe(await background(`#m-${number + 3}`));
  await page.getByRole("link", { name: "To the newest" }).click();
  await page.waitForURL(`**${path}`);
  await isLive(page);
  await expect(new Room(page).message("Chapter 139")).toBeInViewport();
});

test("what is looked for is text, whatever it looks like, and pages of an answer follow each other", async ({ server, person }) => {
  const ana = await guest(server, "Ana");
  const path = await open(ana, "<b>Odd</b> & ends");
  await say(ana, path, "<script>alert('kumquat')</script> & \"kumquat\"");
  const page = await person();
  for (const words of ["kumquat", "<script>", "\"", "\"\"", "* OR", "a AND (", "NEAR(kumquat", "'; DROP TABLE", "%", "kumquat\"", "-kumquat", "x".repeat(900)]) {
    await page.goto(`/search?${new URLSearchParams({ q: words })}`);
    await isLive(page);
    await expect(page.locator(".hit, .empty, #search-refusal:not(:empty)").first(), words).toBeVisible();
  }
  await page.goto("/search?q=kumquat");
  await expect(hits(page)).toContainText("<script>alert('kumquat')</script>");
  await expect(hits(page)).toContainText("<b>Odd</b> & ends");

  const many = await open(ana, "Plenty");
  for (let i = 0; i < 8; i += 1) {
    const writer = await guest(server, `Many ${i}`);
    for (let j = 0; j < 9; j += 1) await say(writer, many, `quince ${i} ${j}`);
  }
  await page.goto("/search");
  await isLive(page);
  await look(page, "quince");
  await expect(hits(page)).toHaveCount(50);
  const seen = new Set();
  for (;;) {
    for (const text of await page.locator(".hit-text").allTextContents()) seen.add(text.trim());
    const older = page.getByRole("link", { name: "Older messages" });
    if ((await older.count()) === 0) break;
    const first = await page.locator(".hit-text").first().textContent();
    await older.click();
    await expect(page.locator(".hit-text").first()).not.toHaveText(first);
  }
  expect(seen.size).toBe(72);
});

test("searching works without JavaScript", async ({ server, person }) => {
  const ana = await guest(server, "Ana");
  const path = await open(ana, "No script");
  const number = await say(ana, path, "A plain persimmon.");
  const page = await person({ javaScriptEnabled: false });
  await page.goto("/");
  await page.getByRole("link", { name: "Search" }).click();
  await page.getByLabel("What was said").fill("persimmon");
  await page.getByRole("button", { name: "Search" }).click();
  await expect(hits(page).locator("mark")).toHaveText("persimmon");
  await hits(page).click();
  await expect(page).toHaveURL(`${path}/${number}#m-${number}`);
  await expect(page.locator(`#m-${number}`)).toBeVisible();
  expect(attribute(await page.content(), /id="search-refusal">([^<]*)</)).toBeUndefined();
});

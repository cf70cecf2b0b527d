import { Room, expect, test } from "../test.js";
import { history, say, startRoom } from "../visitor.js";

/** Says `count` numbered things, several at a time; the order among them is the room's. */
async function sayMany(url, path, count) {
  for (let from = 1; from <= count; from += 20) {
    const batch = Array.from({ length: Math.min(20, count - from + 1) }, (_, i) => say(url, path, `message ${from + i} of the many`));
    await Promise.all(batch);
  }
}

const numbers = (room) => room.messages.evaluateAll((list) => list.map((item) => Number(item.dataset.number)));
const upTo = (last, first = 1) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

test("scrolling back, the past comes by itself and nothing jumps", async ({ server, person }) => {
  const path = await startRoom(server.url, "Long");
  await sayMany(server.url, path, 300);
  const page = await person();
  const room = await Room.open(page, path);
  expect(await room.above()).toBe(0);
  expect((await numbers(room)).at(-1)).toBe(300);
  expect((await numbers(room)).length).toBeLessThan(200);

  // Step by step to the top. Whatever is put in above, what is being read stays where it is.
  await room.conversation.hover();
  for (let steps = 0; (await numbers(room))[0] > 1; steps += 1) {
    expect(steps, "the top is not far").toBeLessThan(60);
    const before = await numbers(room);
    const height = await room.conversation.evaluate((element) => {
      element.scrollTop -= 600;
      return element.scrollHeight;
    });
    const seen = await page.evaluate(() => {
      const edge = document.querySelector("#scroller").getBoundingClientRect().top;
      const item = Array.from(document.querySelectorAll(".message")).find((item) => item.getBoundingClientRect().top >= edge);
      return { number: Number(item.dataset.number), top: item.getBoundingClientRect().top };
    });
    const isNearTop = await room.conversation.evaluate((element) => element.scrollHeight - element.clientHeight + element.scrollTop <= 800);
    if (isNearTop && before[0] > 1) {
      await expect.poll(async () => (await numbers(room))[0]).toBeLessThan(before[0]);
      expect(await room.conversation.evaluate((element) => element.scrollHeight)).toBeGreaterThan(height);
      expect(Math.abs((await room.place(seen.number)) - seen.top)).toBeLessThan(2);
    }
  }
  expect(await numbers(room)).toEqual(upTo(300));
  await expect(page.locator("#older-link")).toHaveCount(0);
  const bodies = (await room.read()).map(([, body]) => `<p>${body}</p>`);
  expect(bodies).toEqual((await history(server.url, path)).map(({ body }) => body));

  // Far up, what comes below is counted and moves nothing; the button leads there.
  const held = await room.above();
  for (const text of ["news one", "news two"]) await say(server.url, path, text);
  await expect(room.newest).toHaveText(/^2 new/);
  const place = await room.place(1);
  await say(server.url, path, "news three");
  await expect(room.newest).toHaveText(/^3 new/);
  expect(Math.abs((await room.place(1)) - place)).toBeLessThan(2);
  expect(await room.above()).toBeGreaterThanOrEqual(held);
  await room.newest.click();
  await expect.poll(() => room.above()).toBe(0);
  await expect(room.newest).toBeHidden();
  await expect(room.message("news three")).toBeInViewport();
  // Down there, the page follows; and saying something leads there too.
  await say(server.url, path, "news four");
  await expect(room.message("news four")).toBeInViewport();
  // What the live window pushed out meanwhile is far above now; it is fetched when somebody scrolls there.
  await expect(async () => {
    await page.locator("#feed .message").first().evaluate((item) => item.scrollIntoView());
    expect(await numbers(room)).toEqual(upTo(304));
  }).toPass();
  await room.conversation.evaluate((element) => (element.scrollTop = -2000));
  await room.sayAndClear("I am here");
  await expect(room.message("I am here")).toBeInViewport();
});

test("a short way up, one stays there too", async ({ server, person }) => {
  const path = await startRoom(server.url, "Short way");
  await sayMany(server.url, path, 60);
  const page = await person();
  const room = await Room.open(page, path);
  await room.conversation.evaluate((element) => (element.scrollTop = -200));
  const place = await room.place(50);
  for (let i = 0; i < 5; i += 1) await say(server.url, path, `later ${i}`);
  await expect(room.newest).toHaveText(/^5 new/);
  expect(Math.abs((await room.place(50)) - place)).toBeLessThan(2);
});

test("a link to a message shows it among its neighbours", async ({ server, person }) => {
  const path = await startRoom(server.url, "Linked");
  await sayMany(server.url, path, 120);
  const page = await person();
  const room = await Room.open(page, path);
  const link = await room.messages.first().locator("a.when").getAttribute("href");
  expect(link).toMatch(new RegExp(`^${path}/(\\d+)#m-\\1$`));
  await page.goto(link.replaceAll(/\d+(?=#|$)/g, "40"));
  await expect(page.locator("#m-40")).toBeInViewport();
  expect(await numbers(room)).toEqual(upTo(65, 15));
  await page.getByRole("link", { name: "Older messages" }).click();
  await expect(page.locator("#m-1")).toBeVisible();
  expect(await numbers(room)).toEqual(upTo(14));
  await page.getByRole("link", { name: "Newer messages" }).click();
  await expect(page.locator("#m-15")).toBeVisible();
  await page.getByRole("link", { name: "To the newest" }).click();
  await expect(page.locator("#m-120")).toBeInViewport();
});

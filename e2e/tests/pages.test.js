import AxeBuilder from "@axe-core/playwright";
import { mkdirSync } from "node:fs";
import { Room, expect, isLive, test } from "../test.js";
import { Visitor, say, startRoom } from "../visitor.js";

const SCREENSHOTS = new URL("../screenshots/", import.meta.url).pathname;
mkdirSync(SCREENSHOTS, { recursive: true });

/** Somebody who says `body` now and then, under one name. */
async function author(url, path) {
  const visitor = new Visitor(url);
  await visitor.get(path);
  return (body) => visitor.send(`${path}/post`, { body });
}

/** A room where something was said. */
async function livelyRoom(url) {
  const path = await startRoom(url, "The tea garden");
  const [ana, ben, cleo] = [await author(url, path), await author(url, path), await author(url, path)];
  await ana("Good morning! Who is in for **oolong**?");
  await ben("Me, please. The one from last week?");
  await ben("It was very good.");
  await ana("The very same. Steep it like so:\n\n1. warm the pot\n2. three grams to 100 ml at 90 °C\n3. twenty seconds, and a little longer each time");
  await cleo("> twenty seconds\n\nReally? I always gave it `a minute` 😅");
  await cleo("Here is what I read: https://en.wikipedia.org/wiki/Gongfu_tea");
  await ben("```\nfor cup in pot:\n    pour(cup)\n```");
  await ana("See you at four, then.");
  return path;
}

test("nothing serious for those who see, hear or type otherwise, on any page", async ({ server, person }) => {
  test.setTimeout(180_000);
  const room = await livelyRoom(server.url);
  const empty = await startRoom(server.url, "An empty room");
  const pages = { lobby: "/", room, empty, past: `${room}/2`, about: "/about", error: "/nothing-here", free: "/r/nobody-was-here-yet" };
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [390, 1440]) {
      const page = await person({ colorScheme, viewport: { width, height: width > 1000 ? 900 : 844 } });
      for (const [name, path] of Object.entries(pages)) {
        await page.goto(path);
        if (name !== "error") await isLive(page);
        await page.screenshot({ path: `${SCREENSHOTS}${name}-${width}-${colorScheme}.png` });
        const { violations } = await new AxeBuilder({ page }).analyze();
        const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
        const found = serious.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(" ")}`);
        expect(found, `${name}, ${width} px, ${colorScheme}`).toEqual([]);
      }
      await page.context().close();
    }
  }
});

test("nothing is wider than the narrowest screen", async ({ server, person }) => {
  const room = await livelyRoom(server.url);
  await say(server.url, room, `${"w".repeat(400)} https://example.org/${"x".repeat(300)} \`${"y".repeat(300)}\``);
  await say(server.url, room, `\`\`\`\n${"z".repeat(300)}\n\`\`\``);
  const title = await startRoom(server.url, "W".repeat(100));
  const page = await person({ viewport: { width: 320, height: 640 } });
  for (const path of ["/", room, title, "/about", "/nothing-here", "/r/nobody-was-here-yet-and-the-name-of-it-is-as-long-as-can-be-here"]) {
    await page.goto(path);
    if (path !== "/nothing-here") await isLive(page);
    const wide = await page.evaluate(() => [document.documentElement, document.querySelector("#scroller")].filter((element) => element && element.scrollWidth > element.clientWidth).length);
    expect(wide, path).toBe(0);
    await page.screenshot({ path: `${SCREENSHOTS}narrow-${path.split("/").at(-1).slice(0, 20) || "lobby"}.png` });
  }
});

test("the keyboard is enough", async ({ server, person }) => {
  const path = await livelyRoom(server.url);
  const page = await person();
  const room = await Room.open(page, path);
  // One comes to talk: the box has the focus.
  await expect(room.box).toBeFocused();
  await page.keyboard.type("typed?");
  await page.keyboard.press("Enter");
  await expect(room.box).toHaveValue("");
  await expect(room.message("typed?")).toBeVisible();
  await page.keyboard.type("kept");
  await page.keyboard.press("Escape");
  await expect(room.box).not.toBeFocused();
  await expect(room.box).toHaveValue("kept");

  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keys" });
  await expect(help).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(help).toBeHidden();

  // From the top, Tab leads through the page in reading order, and each stop can be seen.
  await page.reload();
  await room.isCurrent();
  await expect(room.box).toHaveValue("kept");
  await page.getByRole("link", { name: "Lobby" }).focus();
  const stops = [];
  for (let i = 0; i < 60; i += 1) {
    if (i > 0) await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === document.body) return null;
      const isRinged = (element) => getComputedStyle(element).outlineStyle !== "none";
      const isSeen = isRinged(element) || isRinged(element.parentElement);
      return { name: element.getAttribute("aria-label") ?? (element.innerText.trim() || element.id), isSeen };
    });
    if (stop === null) break;
    stops.push(stop);
  }
  const names = stops.map(({ name }) => name);
  const order = ["Lobby", "Theme: as the system has it", "Keyboard help", "Room menu", "Conversation", "composer-body", "Send"];
  expect(names.filter((name) => order.includes(name))).toEqual(order);
  expect(stops.filter(({ isSeen }) => !isSeen)).toEqual([]);
});

test("the theme is chosen once, for all pages", async ({ person }) => {
  const page = await person({ colorScheme: "light" });
  await page.goto("/");
  await isLive(page);
  const theme = () => page.locator("html").getAttribute("data-theme");
  const button = page.getByRole("button", { name: /^Theme/ });
  while ((await theme()) !== "dark") await button.click();
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await background();
  await page.goto("/about");
  expect(await theme()).toBe("dark");
  expect(await background()).toBe(dark);
});

test("a picture of a room, for the README", async ({ server, person }) => {
  const path = await livelyRoom(server.url);
  const page = await person({ viewport: { width: 960, height: 640 }, colorScheme: "light" });
  const room = await Room.open(page, path);
  await room.sayAndClear("I shall bring the small cups.");
  await expect(room.message("small cups")).toBeInViewport();
  // When it is to change: cp e2e/screenshots/readme.png docs/room.png
  await page.screenshot({ path: `${SCREENSHOTS}readme.png`, animations: "disabled" });
});

import AxeBuilder from "@axe-core/playwright";
import { mkdirSync } from "node:fs";
import { Room, expect, isLive, nameGuest, test } from "../test.js";
import { Visitor, startRoom } from "../visitor.js";

const SCREENSHOTS = new URL("../screenshots/", import.meta.url).pathname;
mkdirSync(SCREENSHOTS, { recursive: true });

// The same people meet at two sizes in two themes.
const settings = "[limits.searches]\nperson = { at_once = 100, per_minute = 100 }\n";
test.use({ serverOptions: { settings } });

/** Takes pictures, and looks for what is serious to those who see, hear or type otherwise; in both themes. */
async function check(page, name) {
  const { width } = page.viewportSize();
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: `${SCREENSHOTS}${name}-${width}-${colorScheme}.png`, animations: "disabled" });
    const { violations } = await new AxeBuilder({ page }).analyze();
    const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    const found = serious.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(" ")}`);
    expect.soft(found, `${name}, ${width} px, ${colorScheme}`).toEqual([]);
  }
  const isWide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
  expect.soft(isWide, `${name} is wider than ${width} px`).toBe(false);
}

for (const width of [390, 1440]) {
  const viewport = { width, height: width > 1000 ? 900 : 844 };

  test(`nothing serious on what opens in a room, ${width} px`, async ({ person }) => {
    test.setTimeout(180_000);
    const ana = await nameGuest(await person({ viewport }), "Ana of the tea garden");
    await ana.goto("/");
    await isLive(ana);
    await ana.getByText("Who may enter, and how long it lasts").click();
    await check(ana, "lobby-options");
    await ana.getByLabel(/What is it about/).fill("The tea garden");
    await ana.getByRole("button", { name: "Start a room" }).click();
    await ana.waitForURL("**/r/*");
    const anas = new Room(ana);
    await anas.isCurrent();
    await anas.sayAndClear("Who is in for **oolong**?");
    const ben = await nameGuest(await person(), "Ben");
    const bens = await Room.open(ben, ana.url());
    await bens.sayAndClear("Me, please.");
    await expect(anas.message("Me, please.")).toBeVisible();

    const menus = {
      "room-menu": () => ana.getByRole("button", { name: "Room menu" }).click(),
      "message-menu": async () => {
        await anas.message("Who is in").hover();
        await anas.message("Who is in").getByRole("button", { name: "More about this message" }).click();
      },
      keys: async () => {
        await ana.getByRole("button", { name: "Room menu" }).click();
        await ana.getByRole("button", { name: "Keyboard", exact: true }).click();
      },
      settings: async () => {
        await ana.getByRole("button", { name: "Room menu" }).click();
        await ana.getByRole("button", { name: "Settings…" }).click();
      },
      people: async () => {
        if (width < 1100) await ana.getByRole("button", { name: "People" }).click();
      },
      "person-menu": async () => {
        if (width < 1100) await ana.getByRole("button", { name: "People" }).click();
        await ana.locator("#people .person", { hasText: "Ben" }).getByRole("link").click();
      },
      rooms: async () => {
        if (width < 1100) await ana.getByRole("button", { name: "Your rooms" }).click();
      },
    };
    for (const [name, open] of Object.entries(menus)) {
      await open();
      await check(ana, `opened-${name}`);
      for (let i = 0; i < 3; i += 1) await ana.keyboard.press("Escape");
      await expect(ana.locator(":popover-open, dialog[open]")).toHaveCount(0);
    }

    // Somebody invites Ana; somebody else knocks.
    const cleo = await nameGuest(await person({ viewport }), "Cleo of the far pavilion");
    const cleos = await Room.open(cleo, ana.url());
    await cleos.sayAndClear("Am I late?");
    if (width < 1100) await cleo.getByRole("button", { name: "People" }).click();
    await cleo.locator("#people .person", { hasText: "Ana" }).getByRole("link").click();
    await cleo.getByRole("button", { name: "Private chat" }).click();
    await expect(cleo.getByText("They were invited.")).toBeVisible();
    await isLive(cleo);
    await check(cleo, "private-waiting");
    await expect(ana.getByRole("button", { name: "Accept" })).toBeVisible();
    await check(ana, "invited-in-room");
    const path = new URL(ana.url()).pathname;
    await anas.sayAndClear("/private");
    const dora = await nameGuest(await person({ viewport }), "Dora");
    await dora.goto(path);
    await isLive(dora);
    await check(dora, "door");
    await dora.getByRole("button", { name: "Knock" }).click();
    await expect(dora.getByText("Waiting for an answer.")).toBeVisible();
    await check(dora, "door-waiting");
    await expect(ana.getByRole("button", { name: "Let in" })).toBeVisible();
    await check(ana, "knocked");
    await dora.goto(new URL(cleo.url()).pathname);
    await isLive(dora);
    await check(dora, "private-outside");
    await ana.getByRole("button", { name: "Decline" }).click();
    await expect(cleo.getByText("They said no.")).toBeVisible();
    await check(cleo, "private-declined");
  });

  test(`nothing serious on the pages around the rooms, ${width} px`, async ({ server, person }) => {
    test.setTimeout(120_000);
    const titles = ["Breakfast", "A room whose name is as long as names of rooms can be, which is a hundred characters and not one more", "Tea"];
    const paths = [];
    for (const title of titles) paths.push(await startRoom(server.url, title.slice(0, 100)));
    const page = await nameGuest(await person({ viewport }), "Ana");
    for (const path of paths) await (await Room.open(page, path)).sayAndClear(`A cup of marzipan tea in ${path}, please.`);
    const visitor = new Visitor(server.url);
    await visitor.get("/");
    for (const body of ["one", "two", "three"]) await visitor.send(`${paths[0]}/post`, { body });
    const troll = await page.locator("#room").getAttribute("data-me");
    expect(troll).toBeTruthy();
    const ben = await nameGuest(await person(), "Ben");
    const bens = await Room.open(ben, paths[2]);
    await bens.sayAndClear("Buy my cups!");
    if (width < 1100) await page.getByRole("button", { name: "People" }).click();
    await page.locator("#people .person", { hasText: "Ben" }).getByRole("link").click();
    await page.getByRole("button", { name: "Block", exact: true }).click();
    await expect(page.getByRole("button", { name: /somebody you blocked/ })).toBeVisible();
    await check(page, "blocked-in-room");
    const pages = { lobby: "/", me: "/me", search: "/search", found: "/search?q=marzipan", "found-nothing": "/search?q=nothing+at+all", about: "/about", free: "/r/nobody-was-here-yet" };
    for (const [name, address] of Object.entries(pages)) {
      await page.goto(address);
      await isLive(page);
      await check(page, `around-${name}`);
      const bottom = await page.evaluate(() => (scrollTo(0, document.documentElement.scrollHeight), scrollY));
      if (bottom > 0) await page.screenshot({ path: `${SCREENSHOTS}around-${name}-below-${width}.png` });
    }
  });
}

import { Line } from "../line.js";
import { Room, arrive, expect, isLive, nameGuest, startOwn, test } from "../test.js";
import { isHere, watch } from "../watching.js";

// Whoever closes a tab is gone after a second.
test.use({ serverOptions: { settings: "grace_seconds = 1\n" } });

/** The page's own clipboard has the link that was copied. */
const copied = (page) => page.evaluate(() => navigator.clipboard.readText());

test("a room is started in one click, its link is shared, and three talk", async ({ person }) => {
  const ana = await nameGuest(await person({ permissions: ["clipboard-read", "clipboard-write"] }), "Ana");
  await ana.goto("/");
  await isLive(ana);
  await ana.getByRole("button", { name: "Start a room" }).click();
  await ana.waitForURL("**/r/*");
  const anas = new Room(ana);
  await anas.isCurrent();
  await expect(anas.box).toBeFocused();
  await ana.getByRole("button", { name: "Room menu" }).click();
  await ana.getByRole("button", { name: "Copy link" }).first().click();
  await expect.poll(() => copied(ana)).toBe(ana.url());

  const bens = await arrive(await person(), "Ben", await copied(ana));
  const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
  const cleos = await arrive(await person(phone), "Cleo", await copied(ana));
  const rooms = [anas, bens, cleos];
  for (const room of rooms) {
    await expect(room.here.locator(".author")).toHaveText(["Ana", "Ben", "Cleo"]);
    await expect(room.page.locator("#people-count")).toHaveText("3");
  }
  await anas.sayAndClear("Hello, both of you.");
  await bens.sayAndClear("Hello, Ana.");
  await cleos.sayAndClear("From my phone: hello!");
  for (const room of rooms) {
    await expect(room.messages.locator(".meta .author")).toHaveText(["Ana", "Ben", "Cleo"]);
    await expect(room.message("From my phone")).toBeInViewport();
    await expect(room.entry("Ana").locator(".role")).toContainText("owner");
  }

  // On a phone the people are behind a button; Escape, or a tap elsewhere, puts them away.
  const people = cleos.page.getByRole("complementary", { name: /^People/ });
  await expect(people).toBeHidden();
  await cleos.page.getByRole("button", { name: "People" }).click();
  await expect(people).toBeVisible();
  await cleos.page.keyboard.press("Escape");
  await expect(people).toBeHidden();
});

test("a person has one entry, however many tabs, and three tabs closed at once are one leave", async ({ person }) => {
  const anas = await startOwn(await person(), "Ana", "Many tabs");
  const bens = await arrive(await person(), "Ben", anas.path);
  await bens.sayAndClear("I have too many tabs.");
  const tabs = [bens.page];
  for (let i = 0; i < 2; i += 1) {
    const tab = await bens.page.context().newPage();
    await Room.open(tab, anas.path);
    tabs.push(tab);
  }
  const list = () => anas.page.locator("#people .author").allTextContents();
  for (const tab of tabs) await expect(new Room(tab).here).toHaveCount(2);
  expect(await list()).toEqual(["Ana", "Ben"]);

  // Two of three tabs: still there.
  const seen = await watch(anas.page, isHere, "Ben");
  await tabs.pop().close();
  const cleos = await arrive(await person(), "Cleo", anas.path);
  await expect(anas.here).toHaveCount(3);
  await cleos.page.context().close();
  await expect(anas.here).toHaveCount(2);
  expect(await seen(), "who closes a tab has others").toEqual([true]);

  await Room.open(await bens.page.context().newPage(), anas.path);
  await Promise.all(bens.page.context().pages().map((tab) => tab.close()));
  await expect(anas.here).toHaveCount(1);
  await expect(anas.page.locator(".people-away .author")).toHaveText(["Ben"]);
  expect(await seen(), "one leave").toEqual([true, false]);
  await anas.sayAndClear("Gone, all three of them.");
  await anas.isCurrent();
});

test("a tab that is killed is gone within seconds", async ({ person }) => {
  const anas = await startOwn(await person(), "Ana", "Killed");
  const bens = await arrive(await person(), "Ben", anas.path);
  await expect(anas.entry("Ben")).toBeVisible();
  const crashed = bens.page.waitForEvent("crash");
  await bens.page.goto("chrome://crash").catch(() => {});
  await crashed;
  await expect(anas.here.locator(".author")).toHaveText(["Ana"]);
  await anas.sayAndClear("Where is Ben?");
});

test("whoever comes back within the grace time was never away", async ({ house, person }) => {
  const { url, port } = await house({ settings: "grace_seconds = 60\n" });
  const line = await Line.to(port);
  try {
    const anas = await startOwn(await person({ baseURL: url }), "Ana", "No flicker");
    const bens = await Room.open(await nameGuest(await person({ baseURL: line.url }), "Ben"), anas.path);
    await expect(anas.entry("Ben")).toBeVisible();
    const seen = await watch(anas.page, isHere, "Ben");
    line.cut();
    await expect(bens.page.locator("html")).toHaveAttribute("data-connection", "lost");
    // Things go on while he is away, and every change of the list would show that he is not in it.
    const cleos = await arrive(await person({ baseURL: url }), "Cleo", anas.path);
    await expect(anas.entry("Cleo")).toBeVisible();
    await cleos.sayAndClear("Is Ben still here?");
    line.mend();
    await expect(bens.page.locator("html")).toHaveAttribute("data-connection", "back");
    await expect(bens.message("Is Ben still here?")).toBeVisible();
    await bens.sayAndClear("I am. There was a tunnel.");
    await expect(anas.message("There was a tunnel.")).toBeVisible();
    expect(await seen()).toEqual([true]);
    expect(await anas.page.locator("#people .author").allTextContents()).toEqual(["Ana", "Ben", "Cleo"]);
  } finally {
    line.close();
  }
});

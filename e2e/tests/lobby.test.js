import { plain } from "../hostile_texts.js";
import { Room, expect, isLive, nameGuest, test } from "../test.js";
import { Visitor, startRoom } from "../visitor.js";

// Whoever closes a tab is gone after a second.
test.use({ serverOptions: { settings: "grace_seconds = 1\n" } });

const rooms = (page) => page.locator(".room-list li");
const room = (page, title) => rooms(page).filter({ has: page.getByText(title, { exact: true }) });
const counts = (page) => page.locator(".house-counts");

async function lobby(page, query = "") {
  await page.goto(`/${query}`);
  await isLive(page);
  return page;
}

/** Starts a room from the lobby, as the one who looks. */
async function start(page, title) {
  await lobby(page);
  await page.getByLabel(/What is it about/).fill(title);
  await page.getByRole("button", { name: "Start a room" }).click();
  await page.waitForURL("**/r/*");
  await isLive(page);
  return new Room(page);
}

// The first test of the file: nothing is there yet.
test("an empty house says what to do, and the list follows what happens in its rooms", async ({ person }) => {
  test.setTimeout(120_000);
  const watcher = await lobby(await person());
  await expect(watcher.getByText("No public rooms yet. Start the first one.")).toBeVisible();
  await expect(counts(watcher)).toHaveText("0 rooms · 1 person online · 0 messages");

  const ana = await nameGuest(await person(), "Ana");
  const anas = await start(ana, "The larder");
  const listed = room(watcher, "The larder");
  await expect(listed).toContainText("1 here now · 1 member · 0 messages");
  await expect(watcher.getByText("No public rooms yet.")).toBeHidden();
  await expect(counts(watcher)).toHaveText("1 room · 2 people online · 0 messages");
  await anas.sayAndClear("Who ate the cheese?");
  await expect(listed).toContainText("1 here now · 1 member · 1 message");
  await expect(counts(watcher)).toContainText("1 message");

  const ben = await nameGuest(await person(), "Ben");
  const bens = await Room.open(ben, ana.url());
  await expect(listed).toContainText("2 here now · 1 member");
  await bens.sayAndClear("The mouse did.");
  await expect(listed).toContainText("2 here now · 2 members · 2 messages");
  await expect(counts(watcher)).toHaveText("1 room · 3 people online · 2 messages");
  await ben.close();
  await expect(listed).toContainText("1 here now · 2 members · 2 messages");
  await expect(counts(watcher)).toHaveText("1 room · 2 people online · 2 messages");

  await anas.sayAndClear("/title The pantry");
  await expect(room(watcher, "The pantry")).toBeVisible();
  await expect(listed).toHaveCount(0);
  await anas.sayAndClear("/private");
  await expect(watcher.getByText("No public rooms yet.")).toBeVisible();
  await expect(rooms(watcher)).toHaveCount(0);
  await anas.sayAndClear("/public");
  await expect(room(watcher, "The pantry")).toBeVisible();

  await ana.getByRole("button", { name: "Room menu" }).click();
  await ana.getByRole("button", { name: "Settings…" }).click();
  const settings = ana.getByRole("dialog", { name: "Settings of this room" });
  await settings.getByRole("button", { name: "End", exact: true }).click();
  await expect(ana.getByText("This conversation ended on")).toBeVisible();
  await expect(rooms(watcher)).toHaveCount(0);

  const second = await start(ana, "Not for long");
  await second.sayAndClear("Gone in a moment.");
  await expect(room(watcher, "Not for long")).toContainText("1 message");
  await ana.getByRole("button", { name: "Room menu" }).click();
  await ana.getByRole("button", { name: "Settings…" }).click();
  await settings.getByLabel(/To confirm, type its name/).fill("Not for long");
  await settings.getByRole("button", { name: "Delete", exact: true }).click();
  await expect(ana.getByText("1 message was erased; nothing is left.")).toBeVisible();
  await expect(rooms(watcher)).toHaveCount(0);
  await expect(counts(watcher)).toContainText("0 rooms · ");
});

test("the list is searched, ordered and paged, each with an address of its own", async ({ server, person }) => {
  test.setTimeout(120_000);
  const busy = await startRoom(server.url, "Teapots 00");
  for (let i = 1; i < 24; i += 1) await startRoom(server.url, `Teapots ${String(i).padStart(2, "0")}`);
  for (const body of ["one", "two"]) await new Visitor(server.url).send(`${busy}/post`, { body });

  const page = await lobby(await person());
  const find = page.getByLabel("Find a room");
  await find.fill("TEAPOTS");
  await expect(page).toHaveURL("/?q=teapots");
  await expect(rooms(page)).toHaveCount(20);
  await expect(page.getByText("Page 1 of 2")).toBeVisible();
  // Spoken in last, so it is in front.
  await expect(rooms(page).first()).toContainText("Teapots 00");
  await page.getByLabel("Order").selectOption({ label: "Newest" });
  await expect(page).toHaveURL("/?q=teapots&sort=newest");
  await expect(rooms(page).first()).toContainText("Teapots 23");
  await page.getByRole("link", { name: "Next" }).click();
  await expect(page).toHaveURL("/?q=teapots&sort=newest&page=2");
  await expect(rooms(page)).toHaveCount(4);
  await expect(rooms(page).last()).toContainText("Teapots 00");
  const shown = await rooms(page).allInnerTexts();
  await page.reload();
  await isLive(page);
  await expect(rooms(page)).toHaveCount(4);
  expect(await rooms(page).allInnerTexts()).toEqual(shown);
  await page.goBack();
  await expect(page).toHaveURL("/?q=teapots&sort=newest");
  await expect(rooms(page).first()).toContainText("Teapots 23");
  await expect(page.getByLabel("Order")).toHaveValue("newest");
  for (const label of ["Most messages", "Most members"]) {
    await page.getByLabel("Order").selectOption({ label });
    await expect(rooms(page).first()).toContainText("Teapots 00");
  }
  await find.fill("no pot is called like that");
  await expect(page.getByText("No public room is called like that.")).toBeVisible();
  await lobby(page, "?q=teapots&page=9");
  await expect(page.getByText("The list ends before this page.")).toBeVisible();
  await page.getByRole("link", { name: "Previous" }).click();
  await expect(rooms(page)).toHaveCount(4);

  // Without JavaScript as well.
  const bare = await person({ javaScriptEnabled: false });
  await bare.goto("/");
  await bare.getByLabel("Find a room").fill("teapots");
  await bare.getByLabel("Order").selectOption({ label: "Newest" });
  await bare.getByRole("button", { name: "Find" }).click();
  await expect(rooms(bare).first()).toContainText("Teapots 23");
  await bare.getByRole("link", { name: "Next" }).click();
  await expect(rooms(bare)).toHaveCount(4);
});

test("names are text, whatever they look like, in every list", async ({ server, person }) => {
  const visitor = new Visitor(server.url);
  await visitor.get("/");
  const titles = plain.filter((text) => text.length <= 60).slice(0, 9);
  for (const title of titles) expect((await visitor.send("/rooms", { title })).status).toBe(303);
  const page = await nameGuest(await person(), "<b onclick=alert(1)>");
  await lobby(page);
  for (const title of titles) {
    await expect(room(page, title)).toHaveCount(1);
    await lobby(page, `?${new URLSearchParams({ q: title })}`);
    await expect(room(page, title)).toHaveCount(1);
    await expect(page.getByLabel("Find a room")).toHaveValue(title.toLowerCase());
    await lobby(page);
  }
  await expect(page.getByRole("link", { name: "<b onclick=alert(1)>" })).toBeVisible();
});

test("what is not there says so, and offers what can be done", async ({ server, person }) => {
  const page = await lobby(await person());
  await page.getByLabel("Open a room by its name or link").fill("Greenhouse of Ours");
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await page.waitForURL("**/r/greenhouse-of-ours");
  await expect(page.getByText("There is no room at this address yet.")).toBeVisible();
  await page.getByRole("button", { name: "Open this room" }).click();
  await expect(new Room(page).title).toHaveText("greenhouse-of-ours");
  const path = await startRoom(server.url, "Something");
  for (const address of ["/r/Not%20a%20name", `${path}/99`, `${path}/first`, "/nowhere"]) {
    expect([address, (await page.goto(address)).status()]).toEqual([address, 404]);
    await expect(page.getByRole("heading", { name: "Nothing here" })).toBeVisible();
    await expect(page.getByRole("link", { name: "To the lobby" })).toBeVisible();
  }
  const visitor = new Visitor(server.url);
  await visitor.get("/");
  const invite = await visitor.send("/invites/nothing/accept", {});
  expect([invite.status, invite.html.includes("This invitation is no longer there.")]).toEqual([422, true]);
});

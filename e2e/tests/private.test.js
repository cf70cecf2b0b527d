import { Room, expect, isLive, nameGuest, test } from "../test.js";
import { Visitor, startRoom } from "../visitor.js";

// An invitation expires after a minute, and whoever closes a tab is gone after a second.
const settings = "answer_within_minutes = 1\nhousekeeping_every_seconds = 1\ngrace_seconds = 1\n";
test.use({ serverOptions: { settings } });

const invites = (page) => page.getByRole("complementary", { name: "Invitations" });
const inviteOf = (page, name) => invites(page).locator("form", { hasText: `${name} invites you to a private chat.` });
const answer = (page, how) => invites(page).getByRole("button", { name: how, exact: true });

/** Opens the menu of `name` in the list of people, and returns it. */
async function menuOf(page, name) {
  await page.locator("#people .person", { hasText: name }).getByRole("link").click();
  const menu = page.getByRole("dialog", { name: "Person" });
  await expect(menu).toBeVisible();
  return menu;
}

/** Invites `name` from the list of people; returns the address of the private chat. */
async function invite(page, name) {
  const from = page.url();
  await (await menuOf(page, name)).getByRole("button", { name: "Private chat" }).click();
  await page.waitForURL((url) => url.href !== from);
  await isLive(page);
  return page.url();
}

/** People of these names in one room; each knows of the others. */
async function meet(server, person, names) {
  const path = await startRoom(server.url, "The kitchen");
  const pages = [];
  for (const name of names) {
    const page = await nameGuest(await person(), name);
    await Room.open(page, path);
    pages.push(page);
  }
  for (const page of pages) await expect(page.locator(".people-here .person")).toHaveCount(names.length);
  return { path, pages };
}

test("somebody is invited in every tab, accepts in one of them, and the two talk alone", async ({ server, person }) => {
  const { path, pages: [ana, ben, cleo] } = await meet(server, person, ["Ana", "Ben", "Cleo"]);
  const elsewhere = await startRoom(server.url, "Elsewhere");
  const tabs = [ben];
  for (const address of ["/", "/me", elsewhere, "/search", "/about", "/r/nobody-opened-this-yet"]) {
    const tab = await ben.context().newPage();
    await tab.goto(address);
    await isLive(tab);
    tabs.push(tab);
  }

  const address = await invite(ana, "Ben");
  const anas = new Room(ana);
  await expect(anas.title).toHaveText("Ben");
  await expect(ana.getByText("They were invited.")).toBeVisible();
  for (const tab of tabs) await expect(inviteOf(tab, "Ana"), tab.url()).toBeVisible();
  await expect(invites(cleo).getByRole("button")).toHaveCount(0);
  await anas.sayAndClear("Before you come: it is about the cake.");

  await answer(ben, "Accept").click();
  await ben.waitForURL(address);
  const bens = new Room(ben);
  await bens.isCurrent();
  await expect(bens.title).toHaveText("Ana");
  for (const tab of tabs) await expect(inviteOf(tab, "Ana"), tab.url()).toBeHidden();
  expect(ben.context().pages()).toHaveLength(tabs.length);
  await expect(ana.getByText("They were invited.")).toBeHidden();
  await expect(bens.message("it is about the cake")).toBeVisible();
  await bens.sayAndClear("I shall tell nobody.");
  await expect(anas.message("I shall tell nobody.")).toBeVisible();
  for (const page of [ana, ben]) await expect(page.locator(".people-here .person")).toHaveCount(2);

  // A third who has the link sees that there is a room, and nothing of it; there is no knocking.
  await cleo.goto(address);
  await isLive(cleo);
  await expect(cleo.getByRole("heading", { level: 1 })).toHaveText("A private chat");
  await expect(cleo.getByText("Two people talk here, and nobody else can enter.")).toBeVisible();
  await expect(cleo.getByRole("button", { name: "Knock" })).toHaveCount(0);
  const html = await (await cleo.request.get(address)).text();
  expect(html).not.toMatch(/Ana|Ben|cake/);
  const stranger = new Visitor(server.url);
  await stranger.get("/");
  const slug = new URL(address).pathname;
  for (const [act, fields] of [["knock", {}], ["post", { body: "hello?" }], ["title", { title: "Mine" }]]) {
    const refused = await stranger.send(`${slug}/${act}`, fields);
    expect([act, refused.status]).toEqual([act, 403]);
    expect(refused.html).not.toMatch(/Ana|Ben|cake/);
  }
  expect((await stranger.get("/")).html).not.toContain(slug);

  // From either side, a new click leads to the same room.
  await Room.open(ana, path);
  // Who left a moment ago counts as there, and needs no invitation.
  await expect(ben.locator(".people-here .person")).toHaveCount(1);
  await Room.open(ben, path);
  await expect(ana.locator(".people-here .person", { hasText: "Ben" })).toBeVisible();
  expect(await invite(ben, "Ana")).toBe(address);
  await expect(inviteOf(ana, "Ben")).toBeVisible();
  expect(await invite(ana, "Ben")).toBe(address);
  await expect(inviteOf(ana, "Ben")).toBeHidden();
  await expect(anas.message("it is about the cake")).toBeVisible();
});

test("whoever declines is asked no more for a while, and the other is told", async ({ server, person }) => {
  const { path, pages: [ana, ben] } = await meet(server, person, ["Ana", "Ben"]);
  const lobby = await ben.context().newPage();
  await lobby.goto("/");
  await isLive(lobby);
  await invite(ana, "Ben");
  await answer(lobby, "Decline").click();
  for (const tab of [ben, lobby]) await expect(inviteOf(tab, "Ana")).toBeHidden();
  await expect(lobby).toHaveURL("/");
  await expect(ana.getByText("They said no.")).toBeVisible();
  await expect(ana.getByText("They were invited.")).toBeHidden();

  await Room.open(ana, path);
  await (await menuOf(ana, "Ben")).getByRole("button", { name: "Private chat" }).click();
  await expect(ana.getByText("They said no a moment ago.")).toBeVisible();
  await expect(inviteOf(ben, "Ana")).toBeHidden();
});

test("whoever said no and comes all the same has come", async ({ server, person }) => {
  const { pages: [ana, ben] } = await meet(server, person, ["Ana", "Ben"]);
  const address = await invite(ana, "Ben");
  await answer(ben, "Decline").click();
  await expect(ana.getByText("They said no.")).toBeVisible();
  await Room.open(ben, address);
  await expect(ana.getByText("They said no.")).toBeHidden();
  await expect(ana.locator(".people-here .person")).toHaveCount(2);
});

test("an invitation is withdrawn by leaving, and expires by itself", async ({ server, person }) => {
  test.setTimeout(180_000);
  const { path, pages: [ana, ben, cleo] } = await meet(server, person, ["Ana", "Ben", "Cleo"]);
  await invite(ana, "Ben");
  await expect(inviteOf(ben, "Ana")).toBeVisible();
  await ana.goto("/about");
  await expect(inviteOf(ben, "Ana")).toBeHidden({ timeout: 15_000 });

  // The room is still that of the two: another click invites again, to the same one.
  await invite(cleo, "Ben");
  await expect(inviteOf(ben, "Cleo")).toBeVisible();
  await Room.open(ana, path);
  const address = await invite(ana, "Ben");
  await expect(inviteOf(ben, "Ana")).toBeVisible();
  await expect(invites(ben).getByRole("button", { name: "Accept" })).toHaveCount(2);

  // Nobody answers within a minute.
  for (const name of ["Cleo", "Ana"]) await expect(inviteOf(ben, name)).toBeHidden({ timeout: 90_000 });
  await expect(ana).toHaveURL(address);
  await expect(ana.getByText("They did not answer.")).toBeVisible();
});

test("nobody invites themselves", async ({ server, person }) => {
  const { path, pages: [ana] } = await meet(server, person, ["Ana"]);
  const me = await ana.locator("#room").getAttribute("data-me");
  await ana.locator(".people-here .person").getByRole("link").click();
  await ana.waitForURL("**/me");

  const visitor = new Visitor(server.url);
  visitor.cookie = (await ana.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
  await visitor.get(path);
  const refused = await visitor.send(`${path}/invite`, { who: me });
  expect(refused.status).toBe(422);
  expect(refused.html).toContain("Nobody can do that to themselves.");
});

test("whoever is blocked can neither invite nor write, until the block is taken back", async ({ server, person }) => {
  const { path, pages: [ana, ben] } = await meet(server, person, ["Ana", "Ben"]);
  const address = await invite(ana, "Ben");
  await answer(ben, "Accept").click();
  await ben.waitForURL(address);
  const anas = new Room(ana);
  await anas.sayAndClear("Buy my cups!");
  await expect(new Room(ben).message("Buy my cups!")).toBeVisible();

  await (await menuOf(ben, "Ana")).getByRole("button", { name: "Block", exact: true }).click();
  await expect(ben.getByRole("status").filter({ hasText: "Blocked" })).toBeVisible();
  await anas.say("Cheap cups!");
  await expect(anas.refusal.filter({ hasText: "They do not want to hear from you." })).toBeVisible();
  await expect(anas.box).toHaveValue("Cheap cups!");
  await Room.open(ana, path);
  await Room.open(ben, path);
  await (await menuOf(ana, "Ben")).getByRole("button", { name: "Private chat" }).click();
  await expect(ana.getByText("They do not want to hear from you.")).toBeVisible();
  await expect(inviteOf(ben, "Ana")).toBeHidden();

  // In the room of all they can both talk; what Ana says is folded up for Ben.
  await anas.sayAndClear("Cups, everyone!");
  await expect(ben.getByRole("button", { name: /somebody you blocked/ })).toBeVisible();
  await expect(ben.getByText("Cups, everyone!")).toBeHidden();
  await ben.getByRole("button", { name: /somebody you blocked/ }).click();
  await expect(ben.getByText("Cups, everyone!")).toBeVisible();

  await ben.goto("/me");
  await isLive(ben);
  await ben.getByRole("button", { name: "Unblock Ana" }).click();
  await expect(ben.getByText("Unblocked.")).toBeVisible();
  await expect(ben.getByRole("button", { name: "Unblock Ana" })).toBeHidden();
  await Room.open(ana, address);
  await anas.sayAndClear("Sorry about the cups.");
});

test("an invitation is answered without JavaScript, and by blocking who sent it", async ({ server, person }) => {
  const { path, pages: [ana, cleo] } = await meet(server, person, ["Ana", "Cleo"]);
  const ben = await nameGuest(await person({ javaScriptEnabled: false }), "Ben");
  await ben.goto(path);
  await ben.getByRole("textbox").fill("I am here without a script.");
  await ben.getByRole("button", { name: "Send" }).click();
  // Whoever speaks is a member, here or not.
  await Room.open(ana, path);
  const address = await invite(ana, "Ben");
  await ben.goto("/");
  await expect(inviteOf(ben, "Ana")).toBeVisible();
  await answer(ben, "Accept").click();
  await expect(ben).toHaveURL(address);
  await expect(ben.getByRole("heading", { level: 1 })).toHaveText("Ana");

  await invite(cleo, "Ben");
  await ben.goto("/about");
  await answer(ben, "Block").click();
  await expect(inviteOf(ben, "Cleo")).toBeHidden();
  await ben.goto("/me");
  await expect(ben.getByRole("button", { name: "Unblock Cleo" })).toBeVisible();
});

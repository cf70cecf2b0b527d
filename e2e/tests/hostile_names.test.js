import { randomUUID } from "node:crypto";
import { Client } from "../client.js";
import { Room, arrive, expect, isLive, nameGuest, startOwn, test } from "../test.js";
import { Visitor, history, startRoom } from "../visitor.js";

const ODD = 'Tom & "Jo" <3';

/** Whether anything on the page was escaped twice. */
const twice = (page) => page.evaluate(() => /&(amp|lt|gt|quot|#)/.test(document.body.innerText + document.title));

test("a name and a title with signs in them stand everywhere as they were typed", async ({ person }) => {
  test.setTimeout(120_000);
  const toms = await startOwn(await person(), ODD, ODD);
  const { path } = toms;
  const anas = await arrive(await person(), "Ana", path);
  await expect(anas.title).toHaveText(ODD);
  await expect(anas.page).toHaveTitle(`${ODD} · Teahouse`);
  await expect(anas.page.getByRole("textbox", { name: `Message to ${ODD}`, exact: true })).toBeVisible();
  await expect(toms.box).toHaveAttribute("placeholder", `Say something, ${ODD}`);
  await expect(anas.entry(ODD)).toBeVisible();
  await toms.box.pressSequentially("Hello");
  await expect(anas.typing).toHaveText(`${ODD} is typing`);
  await toms.box.press("Enter");
  await expect(anas.message("Hello").locator(".meta .author")).toHaveText(ODD);
  await expect(anas.page.locator("#announcer")).toHaveText(`${ODD}: Hello`);
  await toms.sayAndClear("/me waves");
  await expect(anas.message("waves").locator(".actor")).toHaveText(`${ODD} `);
  await toms.sayAndClear("/nick Tom");
  await expect(anas.happened.filter({ hasText: `${ODD} is now called Tom` })).toHaveCount(1);
  await toms.sayAndClear(`/nick ${ODD}`);
  await expect(anas.happened.filter({ hasText: `Tom is now called ${ODD}` })).toHaveCount(1);
  await toms.sayAndClear(`/title ${ODD} and <b>more</b>`);
  await expect(anas.happened.filter({ hasText: `${ODD} renamed the room from “${ODD}” to “${ODD} and <b>more</b>”` })).toHaveCount(1);
  await expect((await anas.menuOf(ODD)).locator("[data-menu-name]")).toHaveText(ODD);
  await anas.page.keyboard.press("Escape");

  // The owner sees who knocks, the settings, and whom to hand over to.
  await toms.become("Private");
  const jo = await nameGuest(await person(), ODD);
  await jo.goto(path);
  await isLive(jo);
  await expect(jo.getByText(`You knock as ${ODD}.`)).toBeVisible();
  await jo.getByRole("button", { name: "Knock" }).click();
  await expect(toms.page.locator(".knock")).toContainText(`${ODD} knocks.`);
  await anas.sayAndClear("I am a member.");
  const settings = await toms.openSettings();
  await expect(settings.getByText(`To confirm, type its name: ${ODD} and <b>more</b>`)).toBeVisible();
  await toms.page.keyboard.press("Escape");
  await toms.become("Public");

  const lobby = await person();
  for (const page of [lobby, anas.page, toms.page, jo]) {
    await page.goto("/");
    await isLive(page);
    await expect(page.locator(".room-list .room-name").filter({ hasText: `${ODD} and <b>more</b>` })).toHaveCount(1);
    expect(await twice(page)).toBe(false);
  }
  await expect(toms.page.getByLabel(/Your name/)).toHaveValue(ODD);
  await expect(toms.page.locator(".me-name")).toHaveText(ODD);
  await expect(toms.page.locator(".known-room .room-name")).toHaveText(`${ODD} and <b>more</b>`);
  await toms.page.goto("/me");
  await isLive(toms.page);
  await expect(toms.page.locator(".me-card .author")).toHaveText(ODD);
  expect(await twice(toms.page)).toBe(false);

  // Inviting: the other's name is the room's.
  await Room.open(anas.page, path);
  await Room.open(toms.page, path);
  await (await anas.menuOf(ODD)).getByRole("button", { name: "Private chat" }).click();
  await expect(anas.title).toHaveText(ODD);
  await expect(anas.page).toHaveTitle(`${ODD} · Teahouse`);
  for (const page of [anas.page, toms.page]) expect(await twice(page)).toBe(false);
});

test("too long a name or title is refused by the server, however it comes", async ({ server }) => {
  const visitor = new Visitor(server.url);
  const { location: path } = await visitor.send("/rooms", { title: "Limits" });
  const refused = async (path, fields, reason) => {
    const { status, html } = await visitor.send(path, fields);
    expect([path, status, html.includes(reason)]).toEqual([path, 422, true]);
  };
  await visitor.get(path);
  await refused("/me/name", { name: "n".repeat(41) }, "at most 40 characters");
  await refused("/me/name", { name: " \u200b " }, "name");
  await refused(`${path}/title`, { title: "t".repeat(101) }, "at most 100 characters");
  await refused(`${path}/post`, { body: `/nick ${"n".repeat(41)}` }, "at most 40 characters");
  await refused(`${path}/post`, { body: `/title ${"t".repeat(101)}` }, "at most 100 characters");
  await refused("/rooms", { title: "t".repeat(101) }, "at most 100 characters");
  await refused(`${path}/end`, { reason: "r".repeat(5_000) }, "at most");

  const client = new Client(server.url, path);
  client.visitor = visitor;
  await client.open();
  const send = async (event, fields) => {
    const topic = `lv:${client.viewId}`;
    const value = new URLSearchParams({ _csrf_token: client.visitor.csrf, ...fields }).toString();
    const payload = { type: "form", event, value, meta: {} };
    return JSON.stringify(await client.push(client.topics.get(topic), String(++client.ref), topic, "event", payload));
  };
  expect(await send("act", { act: "title", title: "t".repeat(101) })).toContain("at most 100 characters");
  expect(await send("post", { message_id: randomUUID(), body: `/nick ${"n".repeat(41)}` })).toContain("at most 40 characters");
  expect(await send("post", { message_id: randomUUID(), body: "x".repeat(4_001) })).toContain("too long");
  expect(await send("act", { act: "role", who: "nobody", role: "owner" })).toContain("Something is missing in this form.");
  client.close();
  expect((await visitor.get(path)).html).toContain("<h1 id=\"room-title\"");
  expect((await visitor.get(path)).html).toContain(">Limits</h1>");
  expect(await history(server.url, path)).toEqual([]);
});

test("what a form says of its sender is not listened to", async ({ server, person }) => {
  const path = await startRoom(server.url, "Forged");
  const anas = await arrive(await person(), "Ana", path);
  const me = await anas.page.locator("#room").getAttribute("data-me");
  const ben = new Visitor(server.url);
  await ben.send("/me/name", { name: "Ben" });
  await ben.get(path);
  const forged = { author: me, author_id: me, user_id: me, guest: me, me, name: "Ana", role: "owner", number: "1" };
  expect((await ben.send(`${path}/post`, { ...forged, body: "Said by Ben." })).status).toBe(303);
  await expect(anas.message("Said by Ben.").locator(".author")).toHaveText("Ben");
  expect(await anas.message("Said by Ben.").getAttribute("data-author")).not.toBe(me);
  expect((await ben.send(`${path}/title`, { ...forged, title: "Mine" })).status).toBe(403);
  expect((await ben.send(`${path}/transfer`, { ...forged, who: me })).status).toBe(403);
  await anas.sayAndClear("Said by Ana.");
  expect((await ben.send(`${path}/edit`, { ...forged, number: "2", body: "Forged." })).status).toBe(403);
  expect((await ben.send(`${path}/remove`, { ...forged, number: "2" })).status).toBe(403);
  await expect(anas.title).toHaveText("Forged");
  await expect.poll(() => anas.read()).toEqual([[1, "Said by Ben."], [2, "Said by Ana."]]);
});

test("who is too quick is told so, where they are", async ({ person, server }) => {
  const anas = await startOwn(await person(), "Ana", "Quick");
  const reason = anas.refusal.filter({ hasText: /Too many new names in a short time\. Please try again in \d+ seconds?\./ });
  await expect(async () => {
    await anas.say(`/nick Ana ${Math.random()}`);
    await expect(reason).toBeVisible({ timeout: 700 });
  }).toPass();
  await expect(anas.box).toHaveValue(/^\/nick Ana/);
  const page = anas.page;
  await page.goto("/");
  await isLive(page);
  await page.getByLabel(/Your name/).fill("Once more");
  await page.getByLabel(/Your name/).press("Enter");
  await expect(page.locator("#name-refusal")).toContainText("Too many new names");
  const visitor = new Visitor(server.url);
  visitor.cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
  await visitor.get("/");
  await expect(async () => expect((await visitor.send("/rooms", {})).status).toBe(422)).toPass();
  await page.getByRole("button", { name: "Start a room" }).click();
  await expect(page.locator("#start-refusal")).toContainText("Too many rooms in a short time.");
});

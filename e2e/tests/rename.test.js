import { Room, arrive, expect, isLive, nameGuest, startOwn, test } from "../test.js";

const lines = (room, text) => room.happened.filter({ hasText: text });

test("another name is seen everywhere at once, and told once in every room", async ({ person }) => {
  const anas = await startOwn(await person(), "Ana", "Kitchen");
  const bens = await arrive(await person(), "Ben", anas.path);
  await anas.sayAndClear("Said as Ana.");
  const garden = await startOwn(await person(), "Cleo", "Garden");
  const context = anas.page.context();
  const open = async (path) => {
    const tab = await context.newPage();
    await tab.goto(path);
    await isLive(tab);
    return tab;
  };
  const twin = new Room(await open(anas.path));
  const second = new Room(await open(garden.path));
  const [lobby, me] = [await open("/"), await open("/me")];
  await expect(garden.entry("Ana")).toBeVisible();

  await anas.sayAndClear("/nick Anna of the kitchen");
  const check = async (from, to) => {
    for (const room of [anas, bens, twin, second, garden]) {
      await expect(room.entry(to)).toBeVisible();
      await expect(room.entry(from)).toHaveCount(0);
      await expect(lines(room, `${from} is now called ${to}`)).toHaveCount(1);
    }
    for (const room of [anas, twin, second]) await expect(room.box).toHaveAttribute("placeholder", `Say something, ${to}`);
    await expect(lobby.getByLabel(/Your name/)).toHaveValue(to);
    await expect(me.locator(".me-card .author")).toHaveText(to);
  };
  await check("Ana", "Anna of the kitchen");
  // What was said keeps the name that it was said under.
  await expect(bens.message("Said as Ana.").locator(".meta .author")).toHaveText("Ana");
  await twin.sayAndClear("Said as Anna.");
  await expect(bens.message("Said as Anna.").locator(".meta .author")).toHaveText("Anna of the kitchen");

  await lobby.getByLabel(/Your name/).fill("Annika");
  await lobby.getByLabel(/Your name/).press("Enter");
  await expect(lobby.getByText("You are Annika now.")).toBeVisible();
  // The answer gave the field its focus back, and what stands in a field that has it is its writer's.
  await lobby.getByLabel(/Your name/).blur();
  await check("Anna of the kitchen", "Annika");
  await me.getByLabel("Name", { exact: true }).fill("Ana again");
  await me.getByLabel("Name", { exact: true }).press("Enter");
  await me.getByLabel("Name", { exact: true }).blur();
  await check("Annika", "Ana again");

  // A fresh page says the same.
  await bens.page.reload();
  await bens.isCurrent();
  for (const change of ["Ana is now called Anna of the kitchen", "Anna of the kitchen is now called Annika", "Annika is now called Ana again"]) {
    await expect(lines(bens, change)).toHaveCount(1);
  }
  await expect(bens.message("Said as Ana.").locator(".meta .author")).toHaveText("Ana");
});

test("a name that is none is refused where it was typed", async ({ person }) => {
  const anas = await startOwn(await person(), "Ana", "Names");
  await anas.say("/nick");
  await expect(anas.refusal.filter({ hasText: "/nick Your new name" })).toBeVisible();
  await expect(anas.box).toHaveValue("/nick");
  await anas.say(`/nick ${"x".repeat(41)}`);
  await expect(anas.refusal.filter({ hasText: "at most 40 characters" })).toBeVisible();
  const lobby = await anas.page.context().newPage();
  await lobby.goto("/");
  await isLive(lobby);
  const field = lobby.getByLabel(/Your name/);
  await field.evaluate((input) => input.removeAttribute("maxlength"));
  await field.fill("y".repeat(41));
  await field.press("Enter");
  await expect(lobby.locator("#name-refusal")).toContainText("at most 40 characters");
  await expect(field).toHaveValue("y".repeat(41));
  await expect(anas.entry("Ana")).toBeVisible();
});

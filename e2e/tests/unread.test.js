import { Room, arrive, expect, isLive, startAnother, startOwn, test } from "../test.js";

const known = (page, title) => page.getByRole("navigation", { name: "Your rooms" }).locator(".known-room", { hasText: title });
const badge = (page, title) => known(page, title).locator(".badge [aria-hidden]");

test("what was not read is counted in every list of rooms, and reading it in one tab clears it in all", async ({ person }) => {
  const anas = await startOwn(await person(), "Ana", "Bakery");
  await anas.sayAndClear("Bread at eight.");
  const bens = await arrive(await person(), "Ben", anas.path);
  const context = anas.page.context();
  const bakery = anas.path;
  const kitchen = await startAnother(anas.page, "Kitchen");
  await kitchen.sayAndClear("Knives are in the drawer.");
  const lobby = await context.newPage();
  await lobby.goto("/");
  await isLive(lobby);
  for (const page of [lobby, anas.page]) await expect(known(page, "Bakery")).toBeVisible();

  for (const text of ["Rye or wheat?", "Or both?", "Hello?"]) await bens.sayAndClear(text);
  for (const page of [lobby, anas.page]) await expect(badge(page, "Bakery")).toHaveText("3");
  await expect(badge(lobby, "Kitchen")).toHaveCount(0);
  // One message less to read is one less in number.
  await bens.remove("Hello?");
  await bens.sayAndClear("Never mind.");
  for (const page of [lobby, anas.page]) await expect(badge(page, "Bakery")).toHaveText("4");

  const tab = await context.newPage();
  const read = await Room.open(tab, bakery);
  await expect(read.message("Rye or wheat?")).toHaveAttribute("data-new-below", "");
  await expect(tab.locator("[data-new-below]")).toHaveCount(1);
  for (const page of [lobby, anas.page]) await expect(badge(page, "Bakery")).toHaveCount(0);
  // The line stays where it is while one reads, and is gone the next time.
  await bens.sayAndClear("Still there?");
  await expect(read.message("Still there?")).toBeVisible();
  await expect(read.message("Rye or wheat?")).toHaveAttribute("data-new-below", "");
  await expect(tab.locator("[data-new-below]")).toHaveCount(1);
  await read.sayAndClear("Both!");
  await expect(tab.locator("[data-new-below]")).toHaveCount(0);
  await tab.reload();
  await read.isCurrent();
  await expect(read.message("Both!")).toBeVisible();
  await expect(tab.locator("[data-new-below]")).toHaveCount(0);

  // Away from the room, it counts again.
  await tab.close();
  await bens.sayAndClear("Two of each, then.");
  for (const page of [lobby, anas.page]) await expect(badge(page, "Bakery")).toHaveText("1");
  await known(lobby, "Bakery").click();
  await lobby.waitForURL(`**${bakery}`);
  await expect(new Room(lobby).message("Two of each, then.")).toHaveAttribute("data-new-below", "");
  await expect(badge(anas.page, "Bakery")).toHaveCount(0);
});

import AxeBuilder from "@axe-core/playwright";
import { arrive, expect, isLive, nameGuest, startOwn, test } from "../test.js";

/** What axe finds serious on the page as it stands. */
async function serious(page) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return found.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(" ")}`);
}

for (const colorScheme of ["light", "dark"]) {
  for (const width of [390, 1440]) {
    test(`everything of a room can be seen, heard and typed otherwise, ${width} px, ${colorScheme}`, async ({ person }) => {
      test.setTimeout(180_000);
      const options = { colorScheme, viewport: { width, height: width > 1000 ? 900 : 844 } };
      const check = async (page, what) => expect(await serious(page), what).toEqual([]);
      const anas = await startOwn(await person(options), "Ana", "Seen otherwise");
      const ana = anas.page;
      const bens = await arrive(await person(options), "Ben", anas.path);
      await bens.sayAndClear("One of mine.");
      await bens.sayAndClear("And another.");
      await bens.remove("And another.");
      await anas.sayAndClear("/me listens");
      await (await anas.menuOf("Ben")).getByRole("button", { name: "Make co-owner" }).click();
      await expect(anas.happened).toHaveCount(1);
      await expect(ana.getByRole("dialog", { name: "Person" })).toBeHidden();
      await check(ana, "notices, roles and what was removed");
      await anas.menuOf("Ben");
      await check(ana, "the menu of a person");
      await ana.keyboard.press("Escape");
      await (await anas.menuOfMessage("One of mine.")).getByRole("button", { name: "Delete…" }).click();
      await check(ana, "the menu of a message");
      await ana.keyboard.press("Escape");
      await anas.say("/dance");
      await expect(anas.refusal.filter({ hasText: "no command" })).toBeVisible();
      await anas.openSettings();
      await check(ana, "the settings");
      await ana.keyboard.press("Escape");
      await anas.sayAndClear("/private");
      const dora = await nameGuest(await person(options), "Dora");
      await dora.goto(anas.path);
      await isLive(dora);
      await check(dora, "the door");
      await dora.getByRole("button", { name: "Knock" }).click();
      await expect(ana.locator(".knock")).toBeVisible();
      await check(ana, "somebody knocks");
      await check(dora, "somebody waits");
      const settings = await anas.openSettings();
      await settings.getByLabel(/^End the conversation/).fill("closing time");
      await settings.getByRole("button", { name: "End", exact: true }).click();
      await expect(ana.getByText(/This conversation ended/)).toBeVisible();
      await expect(settings).toBeHidden();
      await check(ana, "the end");
      await anas.openSettings();
      await settings.getByLabel(/^Delete the room/).fill("Seen otherwise");
      await settings.getByRole("button", { name: "Delete" }).click();
      await expect(ana.getByRole("heading", { level: 1 })).toHaveText("This room is gone");
      await check(ana, "the receipt");
    });
  }
}

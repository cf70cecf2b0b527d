import { arrive, expect, startOwn, test } from "../test.js";
import { watch } from "../watching.js";

const sentence = () => document.querySelector("#typing").textContent;

test("others see who is typing, the typist does not, and sending ends it at once", async ({ person }) => {
  test.setTimeout(120_000);
  const anas = await startOwn(await person(), "Ana", "Keys");
  const bens = await arrive(await person(), "Ben", anas.path);
  const cleos = await arrive(await person(), "Cleo", anas.path);
  for (const room of [anas, bens, cleos]) await expect(room.here).toHaveCount(3);
  const [cleoSaw, anaSaw] = [await watch(cleos.page, sentence), await watch(anas.page, sentence)];

  await anas.box.pressSequentially("Tea");
  await expect(cleos.typing).toHaveText("Ana is typing");
  await expect(cleos.typing).toHaveText("");
  await anas.box.fill("");

  // Ben goes on typing while Ana starts after him and sends: had hers run out by itself, it would be after his.
  await expect(async () => {
    const before = (await cleoSaw()).length;
    const going = bens.box.pressSequentially("One cup, or two, or three", { delay: 200 });
    await expect(cleos.typing).toHaveText("Ben is typing");
    await anas.box.pressSequentially("For all");
    await expect(cleos.typing).toHaveText("Ana and Ben are typing");
    await anas.box.press("Enter");
    await expect(cleos.typing).toHaveText("Ben is typing");
    await going;
    await bens.box.fill("");
    await expect(cleos.typing).toHaveText("");
    const sentences = (await cleoSaw()).slice(before);
    expect(sentences).toEqual(["Ben is typing", "Ana and Ben are typing", "Ben is typing", ""]);
  }).toPass();
  expect((await anaSaw()).filter((text) => text.includes("Ana"))).toEqual([]);
  expect((await anaSaw()).includes("Ben is typing")).toBe(true);
});

test("a command is nobody's business, and who empties the box types no more", async ({ person }) => {
  const anas = await startOwn(await person(), "Ana", "Quiet keys");
  const bens = await arrive(await person(), "Ben", anas.path);
  await expect(bens.here).toHaveCount(2);
  const benSaw = await watch(bens.page, sentence);
  await anas.box.pressSequentially("/me waves");
  await anas.box.press("Enter");
  await expect(bens.message("waves")).toBeVisible();
  expect(await benSaw()).toEqual([""]);
  await anas.box.pressSequentially("On second thought");
  await expect(bens.typing).toHaveText("Ana is typing");
  await anas.box.fill("");
  await expect(bens.typing).toHaveText("");
});

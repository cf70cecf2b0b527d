// What a page showed over time, so that a flicker is seen too: every state after every change of the document.

/**
 * Notes what `look` (a function that runs in the page, given `argument`) says, from now on, whenever that changes. Returns
 * a function that reads all that was noted, the first at once.
 */
export async function watch(page, look, argument) {
  const key = await page.evaluate(
    ({ look, argument }) => {
      const see = new Function(`return (${look})`)();
      const noted = (window.noted ??= []);
      const states = [JSON.stringify(see(argument))];
      noted.push(states);
      new MutationObserver(() => {
        const state = JSON.stringify(see(argument));
        if (state !== states.at(-1)) states.push(state);
      }).observe(document.documentElement, { subtree: true, childList: true, attributes: true, characterData: true });
      return noted.length - 1;
    },
    { look: String(look), argument },
  );
  return () => page.evaluate((key) => window.noted[key].map((state) => JSON.parse(state)), key);
}

/** Whether somebody of this name is listed among those who are here. */
export const isHere = (name) =>
  Array.from(document.querySelectorAll(".people-here .person .author"), (author) => author.textContent).includes(name);

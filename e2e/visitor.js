// A visitor without a browser: plain HTTP with a cookie, as `curl` does it.
const unescape = (text) =>
  text.replace(/&(lt|gt|quot|#39|#x27|amp);/g, (_, name) => ({ lt: "<", gt: ">", quot: '"', amp: "&" })[name] ?? "'");

export const attribute = (html, pattern) => {
  const found = pattern.exec(html)?.[1];
  return found === undefined ? undefined : unescape(found);
};

export class Visitor {
  constructor(url, headers = {}) {
    this.url = url;
    this.headers = headers;
    this.cookie = null;
    this.csrf = null;
  }

  /** Asks, keeps the cookie and the token of the page, and follows no redirect. */
  async ask(path, { headers, ...options } = {}) {
    const cookie = this.cookie ? { cookie: this.cookie } : {};
    const response = await fetch(this.url + path, {
      redirect: "manual",
      ...options,
      headers: { ...this.headers, ...cookie, ...headers },
    });
    const set = response.headers.getSetCookie().find((line) => line.startsWith("_teahouse="));
    if (set) this.cookie = set.split(";")[0];
    const html = await response.text();
    this.csrf = attribute(html, /<meta name="csrf-token" content="([^"]*)"/) || this.csrf;
    return { status: response.status, headers: response.headers, location: response.headers.get("location"), html };
  }

  get(path) {
    return this.ask(path);
  }

  /** Sends a form, with the token unless `fields` has one. */
  send(path, fields, options) {
    const token = this.csrf ? { _csrf_token: this.csrf } : {};
    return this.ask(path, { method: "POST", body: new URLSearchParams({ ...token, ...fields }), ...options });
  }
}

/** Starts a room and returns its path. */
export async function startRoom(url, title = "") {
  const { status, location, html } = await new Visitor(url).send("/rooms", { title });
  if (status !== 303) throw new Error(`no room: ${status} ${html}`);
  return location;
}

/** Says `body` as somebody new, who has no cookie. */
export async function say(url, path, body) {
  const { status, html } = await new Visitor(url).send(`${path}/post`, { body });
  if (status !== 303) throw new Error(`not said: ${status} ${html}`);
}

/** Numbers and bodies (HTML) of all messages of the room, by plain pages. */
export async function history(url, path) {
  const visitor = new Visitor(url);
  const messages = [];
  for (let query = ""; ; ) {
    const { html } = await visitor.get(path + query);
    messages.unshift(...messagesIn(html));
    const older = attribute(html, /class="older-link" href="([^"]*)"/);
    if (!older) return messages;
    query = new URL(older, url).search;
  }
}

export function messagesIn(html) {
  const items = html.matchAll(/<li id="m-(\d+)"[^>]*>[\s\S]*?<div class="body">([\s\S]*?)<\/div>\s*<\/li>/g);
  return Array.from(items, ([, number, body]) => ({ number: Number(number), body }));
}

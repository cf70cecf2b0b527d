// A web site on this machine, for links to lead to.
import { once } from "node:events";
import { createServer } from "node:http";

// 64 × 48 pixels of one colour.
const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAEAAAAAwCAIAAAAuKetIAAAARElEQVR42u3PQQkAAAgEsAtkEoPYP4IV/AqDFVhq+rUICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICFwtK59Ql1R7bagAAAAASUVORK5CYII=",
  "base64",
);

const escape = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

export class Site {
  /** `pages`: what is at each path, `{ title, description, image, status, location, held }`; elsewhere is nothing. */
  static async open(pages) {
    const site = new Site();
    site.pages = pages;
    site.asked = [];
    site.released = new Promise((release) => (site.release = release));
    site.server = createServer((request, response) => site.answer(request.url, response)).listen(0, "127.0.0.1");
    await once(site.server, "listening");
    site.host = `127.0.0.1:${site.server.address().port}`;
    site.url = `http://${site.host}`;
    return site;
  }

  /** What a host says in `settings.toml` who lets this site be previewed. */
  get settings() {
    return `[previews]\nallow = ["${this.host}"]\n`;
  }

  async answer(path, response) {
    this.asked.push(path);
    if (path === "/picture.png") return response.writeHead(200, { "content-type": "image/png" }).end(PICTURE);
    const { title, description, image, status = 200, location, held } = this.pages[path] ?? { status: 404 };
    // Until the test lets it go.
    if (held) await this.released;
    if (location) return response.writeHead(302, { location }).end();
    const meta = Object.entries({ title, description, image }).filter(([, content]) => content !== undefined);
    const head = meta.map(([name, content]) => `<meta property="og:${name}" content="${escape(content)}">`).join("");
    response.writeHead(status, { "content-type": "text/html; charset=utf-8" }).end(`<html><head>${head}</head></html>`);
  }

  async close() {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }
}

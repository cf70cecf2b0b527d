// GitHub, as far as signing in goes: its addresses, its answers, and its ways of saying no. People
// are whatever they type as login.
//
//   node github.js http://127.0.0.1:4000/sign-in/github/callback
//
// Prints its address, which is that of the pages and of the API. The client is CLIENT_ID with
// CLIENT_SECRET.
import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { callbacks, listen } from "./listen.js";
import { PICTURE } from "./picture.js";

const CLIENT_ID = "Iv1.of-the-tests";
const CLIENT_SECRET = "secret-of-the-tests";
const CALLBACKS = callbacks();

/** Codes and tokens that were given out, and for what. */
const codes = new Map();
const tokens = new Map();

const ROUTES = {
  "GET /login/oauth/authorize": askThePerson,
  "POST /login/oauth/authorize": sendBack,
  "POST /login/oauth/access_token": exchange,
  "GET /user": user,
  "GET /avatar.png": (_, answer) => answer.setHeader("content-type", "image/png").end(PICTURE),
};

const server = createServer(async (request, answer) => {
  const url = new URL(request.url, "http://github");
  const route = ROUTES[`${request.method} ${url.pathname}`];
  if (!route) return answer.writeHead(404).end("Not Found");
  const fields = request.method === "POST" ? await form(request) : url.searchParams;
  route({ headers: request.headers, fields }, answer);
});
const address = await listen(server);
console.log(address);

async function form(request) {
  let text = "";
  for await (const chunk of request) text += chunk;
  return new URLSearchParams(text);
}

function askThePerson({ fields }, answer) {
  if (fields.get("client_id") !== CLIENT_ID) return answer.writeHead(404).end("Not Found");
  const hidden = [...fields].map(
    ([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`,
  );
  answer.setHeader("content-type", "text/html; charset=utf-8").end(`<!doctype html>
<title>Authorize application</title>
<form method="post" action="/login/oauth/authorize">
${hidden.join("\n")}
<label>Username <input name="login" required></label>
<button name="authorize" value="1">Authorize</button>
<button name="authorize" value="0" formnovalidate>Cancel</button>
</form>`);
}

function escaped(text) {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function sendBack({ fields }, answer) {
  const wanted = fields.get("redirect_uri");
  const isRegistered = CALLBACKS.includes(wanted);
  const back = new URL(isRegistered ? wanted : CALLBACKS[0]);
  if (!isRegistered) {
    back.searchParams.set("error", "redirect_uri_mismatch");
  } else if (fields.get("authorize") !== "1") {
    back.searchParams.set("error", "access_denied");
    back.searchParams.set("error_description", "The user has denied your application access.");
  } else {
    const code = randomBytes(10).toString("hex");
    codes.set(code, { login: fields.get("login"), challenge: fields.get("code_challenge"), wanted });
    back.searchParams.set("code", code);
  }
  if (fields.has("state")) back.searchParams.set("state", fields.get("state"));
  answer.writeHead(302, { location: back.href }).end();
}

/** Says no with the status 200, and speaks the language of forms unless asked for another. */
function exchange({ headers, fields }, answer) {
  const said = judge(fields);
  const wantsJson = headers.accept?.includes("application/json");
  answer.setHeader(
    "content-type",
    wantsJson ? "application/json; charset=utf-8" : "application/x-www-form-urlencoded; charset=utf-8",
  );
  answer.end(wantsJson ? JSON.stringify(said) : new URLSearchParams(said).toString());
}

function judge(fields) {
  if (fields.get("client_id") !== CLIENT_ID || fields.get("client_secret") !== CLIENT_SECRET) {
    return refusal("incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect.");
  }
  const code = fields.get("code");
  const given = codes.get(code);
  codes.delete(code);
  const wanted = fields.get("redirect_uri");
  if (given && wanted !== null && wanted !== given.wanted) {
    return refusal("redirect_uri_mismatch", "The redirect_uri MUST match the registered callback URL for this application.");
  }
  if (!given || !isProven(given.challenge, fields.get("code_verifier"))) {
    return refusal("bad_verification_code", "The code passed is incorrect or expired.");
  }
  const token = `gho_${randomBytes(18).toString("hex")}`;
  tokens.set(token, given.login);
  return { access_token: token, scope: "", token_type: "bearer" };
}

/** RFC 7636, with the method S256, the only one there. */
function isProven(challenge, verifier) {
  if (!challenge) return true;
  return createHash("sha256").update(verifier ?? "").digest("base64url") === challenge;
}

function refusal(error, description) {
  return {
    error,
    error_description: description,
    error_uri: "https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors",
  };
}

function user({ headers }, answer) {
  answer.setHeader("content-type", "application/json; charset=utf-8");
  if (!headers["user-agent"]) {
    return answer.writeHead(403).end("Request forbidden by administrative rules.");
  }
  const login = tokens.get(headers.authorization?.replace(/^(Bearer|token) /i, ""));
  if (login === undefined) {
    return answer.writeHead(401).end(JSON.stringify({ message: "Bad credentials", status: "401" }));
  }
  const id = createHash("sha256").update(login).digest().readUInt32BE();
  const name = login.startsWith("nameless") ? null : `${login} of GitHub`;
  answer.end(JSON.stringify({ login, id, type: "User", name, avatar_url: `${address}/avatar.png` }));
}

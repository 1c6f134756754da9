// Sending policy files: several at once, by tus (resumable), each with its progress and its own refusal. Or a dry run.
"use strict";

const PART = 4 << 20; // bytes of one request
const inBase64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

function request(method, path, { headers = {}, body, progress } = {}) {
  return new Promise((resolve, reject) => {
    const sent = new XMLHttpRequest();
    sent.open(method, path);
    sent.setRequestHeader("X-CSRF-Token", cookie("py360_csrf"));
    sent.setRequestHeader("Accept", "application/json");
    for (const [name, value] of Object.entries(headers)) sent.setRequestHeader(name, value);
    if (progress) sent.upload.onprogress = (event) => progress(event.loaded);
    sent.onerror = () => reject(new Refused(0, { code: "unreachable", message: texts.failed }));
    sent.onload = () => {
      if (sent.status < 400) return resolve(sent);
      let problem = { code: "unreadable", message: texts.failed };
      try { problem = JSON.parse(sent.responseText).error ?? problem; } catch { /* no envelope: the sentence above */ }
      reject(new Refused(sent.status, problem));
    };
    sent.send(body);
  });
}

class Transfer {
  constructor(form, file) {
    this.form = form;
    this.file = file;
    this.words = JSON.parse(form.dataset.texts);
    this.row = document.createElement("li");
    this.name = document.createElement("strong");
    this.name.textContent = file.name;
    this.state = document.createElement("span");
    this.bar = document.createElement("progress");
    this.bar.max = file.size || 1;
    this.bar.value = 0;
    this.bar.setAttribute("aria-label", file.name);
    this.row.append(this.name, this.state, this.bar);
    $(".files", form).prepend(this.row);
  }

  say(text, ...buttons) { this.state.replaceChildren(text, ...buttons.flatMap((each) => [" ", each])); }

  button(text, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "button small";
    made.textContent = text;
    made.addEventListener("click", act);
    return made;
  }

  // One try; a lost connection goes on by itself from what has arrived, a refusal is said with what can be done.
  async run(force = false) {
    this.bar.hidden = false;
    try {
      if (!this.address || force) await this.begin(force);
      for (let tries = 0; !this.code;) {
        try { await this.append(); tries = 0; } catch (refused) {
          if (refused.status !== 0 || ++tries > 8) throw refused;
          this.say(this.words.lost);
          await new Promise((resolve) => setTimeout(resolve, 1000 * tries));
          this.offset = Number((await request("HEAD", this.address, { headers: { "Tus-Resumable": "1.0.0" } }).catch(() => null))?.getResponseHeader("Upload-Offset") ?? this.offset);
        }
      }
      this.bar.hidden = true;
      const link = document.createElement("a");
      link.href = `${base}/uploads/${this.code}`;
      link.textContent = this.words.open;
      this.say(this.words.sent, link);
      return this.code;
    } catch (refused) {
      if (!(refused instanceof Refused)) throw refused;
      if (refused.status === 401 && (await signInAgain())) return this.run(force);
      this.bar.hidden = true;
      const isRepeated = refused.status === 409;
      if (refused.status >= 400) this.address = null;
      this.say(refused.message, isRepeated ? this.button(this.words.force, () => this.run(true).then(opened)) : this.button(this.words.again, () => this.run(force).then(opened)));
      return null;
    }
  }

  async begin(force) {
    const metadata = { importPolicy: this.form.elements.whole.checked ? "all_or_nothing" : "accept_valid" };
    const named = [`filename ${inBase64(this.file.name)}`, `metadata ${inBase64(JSON.stringify(metadata))}`, ...(force ? [`force ${inBase64("true")}`] : [])];
    const begun = await request("POST", `${base}/api/upload/tus`, { headers: { "Tus-Resumable": "1.0.0", "Upload-Length": this.file.size, "Upload-Metadata": named.join(",") } });
    this.address = begun.getResponseHeader("Location");
    this.offset = 0;
    this.code = null;
  }

  async append() {
    const part = this.file.slice(this.offset, this.offset + PART);
    const answer = await request("PATCH", this.address, {
      headers: { "Tus-Resumable": "1.0.0", "Upload-Offset": this.offset, "Content-Type": "application/offset+octet-stream" },
      body: part,
      progress: (loaded) => { this.bar.value = this.offset + loaded; this.say(`${this.words.sending} ${Math.floor((100 * (this.offset + loaded)) / (this.file.size || 1))} %`); },
    });
    this.offset = Number(answer.getResponseHeader("Upload-Offset"));
    this.code = answer.getResponseHeader("X-Upload-Id");
  }

  async check() {
    this.say(this.words.checking);
    const body = new FormData();
    body.append("file", this.file);
    try {
      const answer = await request("POST", `${base}/uploads/check`, { body, progress: (loaded) => { this.bar.value = loaded; } });
      $("#check").innerHTML = answer.responseText;
      $("#check").scrollIntoView({ block: "nearest" });
      this.row.remove();
    } catch (refused) {
      if (!(refused instanceof Refused)) throw refused;
      this.bar.hidden = true;
      this.say(refused.message);
    }
  }
}

function opened(code) { if (code) location.assign(`${base}/uploads/${code}`); }

async function take(form, files) {
  const transfers = [...files].map((file) => new Transfer(form, file));
  if (form.elements.check.checked) { for (const each of transfers) await each.check(); return; }
  const codes = [];
  for (const each of transfers) codes.push(await each.run());
  if (transfers.length === 1) opened(codes[0]);
  else show(location.href, "#list");
}

const uploadForm = $("[data-uploads]");
if (uploadForm) {
  const zone = $("[data-drop]", uploadForm), input = $("input[type=file]", zone);
  input.addEventListener("change", () => { take(uploadForm, input.files); input.value = ""; });
  for (const name of ["dragenter", "dragover"]) zone.addEventListener(name, (event) => { event.preventDefault(); zone.classList.add("over"); });
  for (const name of ["dragleave", "drop"]) zone.addEventListener(name, () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => { event.preventDefault(); take(uploadForm, event.dataTransfer.files); });
}

"use strict";
(function () {
  const model = JSON.parse(document.getElementById("model").textContent);
  const root = document.getElementById("survey");
  const answers = {};
  const seconds = {};
  const started = new Date();
  let language = model.languages[0];
  let place = 0;
  let pages = model.pages.slice();
  let ordered = false;
  let ended = null;
  let shownAt = Date.now();
  let unsaved = false;

  const asked = new URLSearchParams(location.search);
  if (model.languages.includes(asked.get("lang"))) language = asked.get("lang");
  const given = asked.get("code");

  function word(name, values) {
    let text = model.words[language][name];
    for (const key in values || {}) text = text.replaceAll("{" + key + "}", values[key]);
    return text;
  }

  // One element with attributes and children; texts are never read as HTML.
  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const name in attributes || {}) {
      const value = attributes[name];
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value === true) element.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
    }
    for (const child of children) if (child !== null && child !== undefined) element.append(child);
    return element;
  }

  // A 32-bit hash and a small generator, so that the same code gives the same order again.
  function hashed(text) {
    let value = 2166136261;
    for (let i = 0; i < text.length; i += 1) value = Math.imul(value ^ text.charCodeAt(i), 16777619);
    return value >>> 0;
  }
  function generator(seed) {
    let state = seed;
    return function () {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    };
  }
  function shuffled(list, random) {
    const mixed = list.slice();
    for (let i = mixed.length - 1; i > 0; i -= 1) {
      const j = Math.floor(random() * (i + 1));
      [mixed[i], mixed[j]] = [mixed[j], mixed[i]];
    }
    return mixed;
  }

  // The informant's own order, drawn once the code is known.
  function order() {
    if (ordered) return;
    ordered = true;
    const own = answers.code || answers.unit || String(started.getTime());
    const random = generator(hashed(model.seed + "/" + model.name + "/" + own));
    const blocks = new Map();
    pages.forEach((page, at) => {
      if (page.block) blocks.set(page.block, (blocks.get(page.block) || []).concat(at));
    });
    const mixed = pages.slice();
    for (const places of blocks.values()) {
      shuffled(places, random).forEach((from, number) => { mixed[places[number]] = pages[from]; });
    }
    pages = mixed.map((page) => page.shuffled
      ? Object.assign({}, page, {grids: page.grids.map((grid) => grid.fields[0].kind === "rating"
        ? Object.assign({}, grid, {fields: shuffled(grid.fields, random)}) : grid)})
      : page);
  }

  function fieldsOf(page) { return page.grids.flatMap((grid) => grid.fields); }
  function isShown(page) {
    if (!page.onlyIf) return true;
    return [].concat(answers[page.onlyIf.field]).some((code) => page.onlyIf.codes.includes(code));
  }
  function visible() { return pages.filter(isShown); }

  function plainCode(text) {
    return text.toUpperCase().replace(/[\s.]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
  }
  function isCode(text, field) {
    const code = plainCode(text);
    if (!new RegExp(field.pattern).test(code)) return false;
    if (!model.signs) return true;
    const unit = code.split("-")[0];
    let sum = 0;
    for (let i = 0; i < unit.length - 1; i += 1) {
      const value = model.signs.indexOf(unit[i]);
      if (value < 0) return false;
      sum += (i + 1) * value;
    }
    return model.signs[sum % 31] === unit[unit.length - 1];
  }

  function fault(field) {
    const value = answers[field.id];
    const empty = value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
    if (empty) return field.required ? word("missing") : null;
    if (field.kind === "code" && field.pattern && !isCode(value, field)) return word("wrong_code");
    if (field.kind === "number") {
      const number = Number(String(value).trim().replace(",", "."));
      const low = field.min === null || number >= field.min, high = field.max === null || number <= field.max;
      if (!Number.isFinite(number) || !low || !high) {
        const range = field.min !== null && field.max !== null ? "range" : field.min !== null ? "least" : field.max !== null ? "most" : "";
        return word("wrong_number", {range: range ? word(range, {min: field.min, max: field.max}) : ""});
      }
    }
    return null;
  }

  function set(field, value) {
    unsaved = true;
    if (value === undefined) delete answers[field.id];
    else answers[field.id] = value;
  }

  function choice(field, answer, type, describedBy) {
    const id = field.id + "_" + String(answer.code).replace("-", "n");
    const chosen = type === "radio" ? answers[field.id] === answer.code
      : (answers[field.id] || []).includes(answer.code);
    const input = make("input", {type, id, name: field.id, value: answer.code, "aria-describedby": describedBy, onchange: (event) => {
      if (type === "radio") set(field, answer.code);
      else {
        const others = (answers[field.id] || []).filter((code) => code !== answer.code);
        set(field, event.target.checked ? others.concat(answer.code) : others);
      }
    }});
    input.checked = chosen;
    return make("label", {class: "choice", for: id}, input, make("span", null, answer.label[language]));
  }

  function needed(field) { return field.required ? " (" + word("required") + ")" : ""; }

  function grid(part, problems) {
    const first = part.fields[0];
    const box = make("div", {class: "grid", role: "group", style: "--columns: " + first.answers.length});
    if (first.stem[language]) {
      box.id = part.name;
      box.setAttribute("aria-labelledby", part.name + "_stem");
      box.append(make("p", {class: "stem", id: part.name + "_stem"}, first.stem[language]));
    }
    box.append(make("div", {class: "scalehead", "aria-hidden": "true"}, make("span"),
      make("div", {class: "choices"}, ...first.answers.map((answer) => make("span", null, answer.label[language])))));
    for (const field of part.fields) {
      const error = problems[field.id];
      box.append(make("fieldset", {class: "rating", id: "q_" + field.id},
        make("legend", null, field.text[language] + needed(field)),
        make("div", {class: "choices"}, ...field.answers.map((answer) => choice(field, answer, "radio", error ? "e_" + field.id : null))),
        error ? make("p", {class: "error", id: "e_" + field.id}, error) : null));
    }
    return box;
  }

  function single(field, problems) {
    const error = problems[field.id];
    const errorLine = error ? make("p", {class: "error", id: "e_" + field.id}, error) : null;
    const described = error ? "e_" + field.id : null;
    const hint = field.help[language] ? make("p", {class: "hint"}, field.help[language]) : null;
    if (["one", "several", "consent"].includes(field.kind)) {
      const type = field.kind === "several" ? "checkbox" : "radio";
      return make("fieldset", {class: "question", id: "q_" + field.id},
        make("legend", null, field.text[language] + needed(field)), hint,
        type === "checkbox" ? make("p", {class: "hint"}, word("several")) : null, errorLine,
        ...field.answers.map((answer) => choice(field, answer, type, described)));
    }
    const id = "i_" + field.id;
    const attributes = {id, "aria-describedby": described, "aria-invalid": error ? "true" : null, "aria-required": field.required ? "true" : null, oninput: (event) => {
      const text = event.target.value.trim();
      set(field, text === "" ? undefined : text);
    }};
    if (field.kind === "number") attributes.inputmode = "decimal";
    const input = field.kind === "text" ? make("textarea", attributes)
      : make("input", Object.assign({type: "text", autocomplete: "off", spellcheck: "false"}, attributes));
    input.value = answers[field.id] === undefined ? "" : answers[field.id];
    return make("div", {class: "question", id: "q_" + field.id},
      make("label", {for: id}, field.text[language] + needed(field)), hint, errorLine, input,
      field.measure[language] ? make("span", null, " " + field.measure[language]) : null);
  }

  function head() {
    const buttons = model.languages.length < 2 ? null
      : make("div", {class: "languages", role: "group", "aria-label": word("language")}, ...model.languages.map((spoken) =>
        make("button", {type: "button", lang: spoken, "aria-pressed": String(spoken === language), onclick: () => {
          language = spoken;
          show({});
        }}, model.names[spoken])));
    return make("header", null, make("p", null, model.title[language]), buttons);
  }

  function show(problems) {
    document.documentElement.lang = language;
    document.title = model.title[language];
    if (ended) return finish();
    const all = visible();
    const page = pages[place];
    const number = all.indexOf(page) + 1;
    const form = make("form", {novalidate: true, onsubmit: (event) => { event.preventDefault(); next(); }});
    const texts = page.texts.slice();
    const heading = page.headed ? texts.shift()[language] : word("page", {n: number, all: all.length});
    const title = make("h1", {tabindex: "-1"}, heading);
    form.append(title, make("progress", {max: all.length, value: number, "aria-label": word("page", {n: number, all: all.length})}));
    const wrong = Object.keys(problems);
    let summary = null;
    if (wrong.length) {
      summary = make("div", {class: "problems", role: "alert", tabindex: "-1"}, make("p", null, word("problems")),
        make("ul", null, ...fieldsOf(page).filter((field) => problems[field.id]).map((field) => {
          const target = "q_" + field.id;
          return make("li", null, make("a", {href: "#" + target, onclick: (event) => {
            event.preventDefault();
            document.getElementById(target).querySelector("input, textarea").focus();
          }}, field.text[language] + " – " + problems[field.id]));
        })));
      form.append(summary);
    }
    for (const text of texts) form.append(make("p", null, text[language]));
    for (const part of page.grids) form.append(part.fields[0].kind === "rating" ? grid(part, problems) : single(part.fields[0], problems));
    const last = number === all.length;
    form.append(make("nav", null,
      number > 1 ? make("button", {type: "button", onclick: back}, word("back")) : make("span"),
      make("button", {type: "submit", class: "main"}, word(last ? "finish" : "next"))));
    if (answers.code || answers.unit) {
      form.append(make("button", {type: "button", class: "plain", onclick: () => { ended = "stopped"; time(); show({}); }}, word("stop")));
    }
    root.replaceChildren(head(), make("main", null, form));
    shownAt = Date.now();
    (summary || title).focus();
  }

  function time() {
    const key = pages[place].key;
    seconds[key] = Math.round(((seconds[key] || 0) + (Date.now() - shownAt) / 1000) * 10) / 10;
    shownAt = Date.now();
  }

  function next() {
    const page = pages[place];
    const problems = {};
    for (const field of fieldsOf(page)) {
      const found = fault(field);
      if (found) problems[field.id] = found;
    }
    time();
    if (Object.keys(problems).length) return show(problems);
    for (const field of fieldsOf(page)) {
      if (field.kind === "consent" && answers[field.id] !== model.accepted) {
        ended = "declined";
        return show({});
      }
      if (field.kind === "code") {
        if (field.pattern) answers[field.id] = plainCode(answers[field.id]);
        order();
      }
    }
    const after = pages.findIndex((other, at) => at > place && isShown(other));
    if (after < 0) ended = "finished";
    else place = after;
    return show({});
  }

  function back() {
    time();
    for (let at = place - 1; at >= 0; at -= 1) {
      if (isShown(pages[at])) { place = at; break; }
    }
    show({});
  }

  function record() {
    const given = {};
    const asked = new Set(visible().flatMap(fieldsOf).map((field) => field.id));
    for (const page of model.pages) {
      for (const field of fieldsOf(page)) {
        if (!asked.has(field.id) || answers[field.id] === undefined) continue;
        given[field.id] = answers[field.id];
      }
    }
    return {
      format: model.format,
      survey: model.survey,
      answers: Object.assign({}, model.hidden, {language, finished: ended === "finished" ? 1 : 0}, given),
      started: started.toISOString(),
      saved: new Date().toISOString(),
      seconds,
    };
  }

  function save() {
    const text = JSON.stringify(record(), null, 1) + "\n";
    const own = String(answers.code || answers.unit || "answers").replace(/[^A-Za-z0-9-]+/g, "_");
    const url = URL.createObjectURL(new Blob([text], {type: "application/json"}));
    make("a", {href: url, download: model.name + "_" + own + ".json"}).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
    unsaved = false;
    root.querySelector(".status").textContent = word("saved");
  }

  function finish() {
    const lines = [];
    const declined = ended === "declined";
    const last = model.pages[model.pages.length - 1];
    if (declined) { unsaved = false; lines.push(make("p", null, word("declined"))); }
    else {
      lines.push(make("p", null, word("save_hint")));
      lines.push(make("nav", null, make("button", {type: "button", class: "main", onclick: save}, word("save"))));
      lines.push(make("p", {class: "status", role: "status"}, ""));
    }
    const closing = last.grids.length === 0 && last.texts.length ? last.texts[0][language] : word("done");
    const title = make("h1", {tabindex: "-1"}, ended === "finished" ? closing : model.title[language]);
    root.replaceChildren(head(), make("main", null, title, ...lines));
    title.focus();
  }

  // The closing text is the last thing shown, with the button that saves; it is no page of its own.
  if (pages.length && pages[pages.length - 1].grids.length === 0) pages.pop();
  if (given) {
    for (const field of pages.flatMap(fieldsOf)) if (field.kind === "code") answers[field.id] = given;
  }
  window.addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });
  show({});
})();

// Fills the questionnaire as a person would, through its controls, and writes what it saves into the page.
(function () {
  const wanted = JSON.parse(document.getElementById("wanted").textContent);
  const out = document.createElement("pre");
  out.id = "result";
  document.body.append(out);
  const seen = [];
  function click(element) { element.click(); }
  function type(element, text) {
    element.value = text;
    element.dispatchEvent(new Event("input", {bubbles: true}));
  }
  function fill() {
    for (const input of document.querySelectorAll("main input, main textarea")) {
      const id = input.name || input.id.replace(/^i_/, "");
      if (!(id in wanted.answers)) continue;
      const value = wanted.answers[id];
      if (input.type === "radio") { if (String(value) === input.value && !input.checked) click(input); }
      else if (input.type === "checkbox") { if (value.map(String).includes(input.value) !== input.checked) click(input); }
      else type(input, String(value));
    }
  }
  URL.createObjectURL = (blob) => { blob.text().then((text) => { out.textContent = JSON.stringify({saved: JSON.parse(text), seen}); }); return "#"; };
  const language = document.querySelector(`.languages button[lang="${wanted.language}"]`);
  if (language) click(language);
  for (let step = 0; step < 200; step += 1) {
    const submit = document.querySelector("main button[type=submit]");
    if (!submit) break;
    fill();
    const page = [...document.querySelectorAll("fieldset, .question")].map((part) => part.id.replace(/^q_/, ""));
    seen.push({heading: document.querySelector("h1").textContent, page, lang: document.documentElement.lang});
    if (wanted.until !== undefined && seen.length > wanted.until) return;
    click(submit);
    const problems = document.querySelector(".problems");
    if (problems) { out.textContent = JSON.stringify({problems: problems.textContent, seen}); return; }
  }
  const save = document.querySelector("main nav button.main");
  if (save) click(save);
  else out.textContent = JSON.stringify({ended: document.querySelector("main").textContent, seen});
})();

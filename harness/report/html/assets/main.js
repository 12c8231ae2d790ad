// Puts the page together.

function chooser(place, entries, isOn, set) {
  const boxes = entries.map(([key, ...children]) => {
    const box = element('input', {type: 'checkbox', checked: true});
    box.addEventListener('change', () => { set(key, box.checked); changed(); });
    place.append(element('label', {}, box, ...children));
    return [key, box];
  });
  STATE.watchers.push(() => boxes.forEach(([key, box]) => { box.checked = isOn(key); }));
}

function choices() {
  chooser(document.getElementById('choose-lines'), LINES.map((line, place) => [place, swatch(place), element('span', {textContent: line.label})]),
    place => STATE.lines[place], (place, on) => { STATE.lines[place] = on; });
  chooser(document.getElementById('choose-problems'), DATA.problems.map(problem => [problem, element('span', {textContent: problem})]),
    problem => STATE.problems.get(problem), (problem, on) => STATE.problems.set(problem, on));
  const setAll = (kind, on) => {
    if (kind === 'lines') STATE.lines.fill(on);
    else STATE.problems.forEach((_, problem) => STATE.problems.set(problem, on));
    changed();
  };
  document.querySelectorAll('[data-all]').forEach(button => button.addEventListener('click', () => setAll(button.dataset.all, true)));
  document.querySelectorAll('[data-none]').forEach(button => button.addEventListener('click', () => setAll(button.dataset.none, false)));
}

function theme() {
  const select = document.getElementById('theme'), root = document.documentElement;
  const turned = () => { recoloured(); changed(); };
  select.addEventListener('change', () => {
    if (select.value) root.dataset.theme = select.value;
    else delete root.dataset.theme;
    turned();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', turned);
}

theme();
choices();
runsSection();
lineSections();
rowSections();
specificationSection();
comeBack();
watch();

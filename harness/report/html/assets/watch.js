// A page that is written again while runs are done comes back as its reader left it.

const KEPT = `harness report ${location.pathname}`;

function controls() {
  return [...document.querySelectorAll('select, input')];
}

// A name that the same control has in the next page, which may have more of them.
function keyOf(control) {
  const label = control.labels && control.labels[0], place = control.closest('section');
  const words = label ? [...label.childNodes].filter(node => node !== control).map(node => node.textContent).join('') : '';
  return [place ? place.id : '', control.type, words.trim()].join('|');
}

// Options are told by their texts: their values may be numbers in an order that changes.
function valueOf(control) {
  if (control.type === 'checkbox') return control.checked;
  return control.tagName === 'SELECT' ? control.selectedOptions[0]?.textContent : control.value;
}

function setTo(control, value) {
  if (control.type === 'checkbox') control.checked = value;
  else if (control.tagName !== 'SELECT') control.value = value;
  else {
    const option = [...control.options].find(one => one.textContent === value);
    if (option) control.value = option.value;
  }
  control.dispatchEvent(new Event(control.type === 'search' ? 'input' : 'change'));
}

function foldOf(details) {
  const figure = details.closest('figure'), place = details.closest('section');
  return [place ? place.id : '', figure ? figure.querySelector('figcaption').textContent : '', details.querySelector('summary').textContent].join('|');
}

function keep() {
  const section = [...document.querySelectorAll('main section')].find(one => one.getBoundingClientRect().bottom > 0);
  const sorted = document.querySelector('#runs-table th[aria-sort]'), focus = document.activeElement;
  const kept = {
    controls: controls().map(control => [keyOf(control), valueOf(control)]),
    open: [...document.querySelectorAll('details[open]')].map(foldOf),
    sorted: sorted && [sorted.textContent, sorted.getAttribute('aria-sort')],
    focus: controls().includes(focus) ? keyOf(focus) : null,
    place: scrollY > 0 && section ? [section.id, section.getBoundingClientRect().top] : null,
  };
  try { sessionStorage.setItem(KEPT, JSON.stringify(kept)); } catch { /* A browser may keep nothing of a file. */ }
}

function comeBack() {
  let kept = null;
  try {
    kept = JSON.parse(sessionStorage.getItem(KEPT));
    sessionStorage.removeItem(KEPT);
  } catch { /* As above. */ }
  if (!kept) return;
  const values = new Map(kept.controls), open = new Set(kept.open);
  for (const control of controls()) {
    const key = keyOf(control);
    if (values.has(key) && values.get(key) !== valueOf(control)) setTo(control, values.get(key));
    if (key === kept.focus) control.focus({preventScroll: true});
  }
  document.querySelectorAll('details').forEach(details => { if (open.has(foldOf(details))) details.open = true; });
  if (kept.sorted) {
    const head = () => [...document.querySelectorAll('#runs-table th')].find(one => one.textContent === kept.sorted[0]);
    for (let click = 0; click < 2 && head() && head().getAttribute('aria-sort') !== kept.sorted[1]; click++) head().querySelector('button').click();
  }
  if (!kept.place) return;
  history.scrollRestoration = 'manual';
  const section = document.getElementById(kept.place[0]);
  // Charts have no height before they are drawn, which they are where they come into sight.
  const scroll = () => section && scrollBy({top: section.getBoundingClientRect().top - kept.place[1], behavior: 'instant'});
  const times = [0, 50, 200, 600].map(time => setTimeout(scroll, time));
  const leave = () => times.forEach(clearTimeout);
  ['wheel', 'touchstart', 'keydown', 'pointerdown'].forEach(name => addEventListener(name, leave, {once: true, passive: true}));
}

function watch() {
  const box = document.getElementById('refresh');
  if (!box) return;
  const at = Number(box.dataset.at), seconds = Number(box.dataset.seconds), now = Date.now() / 1000;
  if (now - at > 60 + 5 * seconds) {
    // Whoever wrote it was killed: nothing comes any more.
    document.getElementById('late').hidden = false;
    box.checked = false;
    return;
  }
  const again = () => {
    if (!box.checked || document.hidden) return;
    keep();
    location.reload();
  };
  setTimeout(() => {
    again();
    box.addEventListener('change', again);
    document.addEventListener('visibilitychange', again);
  }, 1000 * Math.max(at + seconds - now, seconds / 2));
}

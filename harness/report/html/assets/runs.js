// The table of all runs: filtered, sorted, a page at a time.

const TITLES = {
  problem: 'problem', optimizer: 'optimizer', gradient: 'gradient', seed: 'seed', outcome: 'outcome', final_loss: 'final loss',
  best_loss: 'best loss', target: 'target', cost_to_target: 'cost to target', cost: 'cost', iterations: 'iterations', seconds: 'seconds',
  test_accuracy: 'test accuracy', sentence: 'how it ended',
};
const PAGE = 50;

function runsSection() {
  const place = document.querySelector('#runs .controls'), table = document.getElementById('runs-table');
  const shown = RUNS.names.filter(name => name !== 'target' && (name !== 'gradient' || new Set(RUNS.column('gradient').filter(Boolean)).size > 1))
    .filter(name => RUNS.isText(name) || RUNS.packed[name].some(value => value !== null));
  const filters = ['problem', 'optimizer', 'outcome'].map(name => {
    const known = [...new Set(RUNS.column(name))];
    const [select, label] = choice(`${TITLES[name]}: `, [['', 'all'], ...known.map((value, number) => [String(number), value])], filter);
    place.append(label);
    return () => (select.value === '' ? null : [name, known[Number(select.value)]]);
  });
  const search = element('input', {type: 'search', placeholder: 'words in any column'});
  search.addEventListener('input', filter);
  place.append(element('label', {}, 'Search: ', search));
  place.append(csvButton(() => 'runs.csv', () => RUNS.csv(found)));
  let found = [], sorted = null, downwards = false, page = 0;
  const heads = shown.map(name => {
    const button = element('button', {type: 'button', textContent: TITLES[name] || name});
    const head = element('th', {scope: 'col', className: RUNS.isText(name) ? '' : 'number'}, button);
    button.addEventListener('click', () => {
      downwards = sorted === name && !downwards;
      sorted = name;
      heads.forEach(other => other.removeAttribute('aria-sort'));
      head.setAttribute('aria-sort', downwards ? 'descending' : 'ascending');
      filter();
    });
    return head;
  });
  const body = element('tbody');
  table.append(element('caption', {textContent: 'Every run; a heading sorts by its column'}), element('thead', {}, element('tr', {}, ...heads)), body);
  const back = element('button', {type: 'button', textContent: 'Previous'}), on = element('button', {type: 'button', textContent: 'Next'}), where = element('span');
  back.addEventListener('click', () => { page--; write(); });
  on.addEventListener('click', () => { page++; write(); });
  document.querySelector('#runs .pages').append(back, on, where);

  function filter() {
    const asked = filters.map(read => read()).filter(Boolean), words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = [];
    for (let row = 0; row < RUNS.rows; row++) {
      if (!asked.every(([name, value]) => RUNS.column(name)[row] === value)) continue;
      if (words.length) {
        const text = shown.map(name => cell(name, row)).join(' ').toLowerCase();
        if (!words.every(word => text.includes(word))) continue;
      }
      found.push(row);
    }
    if (sorted) {
      const column = RUNS.column(sorted), sign = downwards ? -1 : 1;
      // What there is no number of comes last, whichever way it is sorted.
      const order = RUNS.isText(sorted)
        ? (a, b) => sign * (column[a] < column[b] ? -1 : column[a] > column[b] ? 1 : 0)
        : (a, b) => (Number.isNaN(column[a]) || Number.isNaN(column[b]) ? Number.isNaN(column[a]) - Number.isNaN(column[b]) : column[a] === column[b] ? 0 : sign * (column[a] - column[b]));
      found.sort((a, b) => order(a, b) || a - b);
    }
    page = 0;
    write();
  }

  function cell(name, row) {
    if (RUNS.isText(name)) return RUNS.column(name)[row];
    if (name === 'seed' || name === 'iterations') return String(RUNS.packed[name][row]);
    const value = RUNS.column(name)[row];
    return Number.isNaN(value) ? '' : significant(value);
  }

  function write() {
    const pages = Math.max(Math.ceil(found.length / PAGE), 1), rows = found.slice(page * PAGE, (page + 1) * PAGE);
    body.replaceChildren(...rows.map(row => element('tr', {}, ...shown.map(name => element('td', {className: RUNS.isText(name) ? '' : 'number', textContent: cell(name, row)})))));
    document.getElementById('runs-count').textContent = `${found.length} of ${RUNS.rows} runs. ${DATA.runs_said}`.trim();
    where.textContent = `page ${page + 1} of ${pages}`;
    back.disabled = page === 0;
    on.disabled = page + 1 >= pages;
  }
  filter();
}

// The specification curve: one verdict under each choice that could be otherwise.

const ANSWERS = {
  better: ['ahead', 'triangle-up', ['#0072B2', '#5ab3ee']], worse: ['behind', 'triangle-down', ['#D55E00', '#ff9a4d']],
  equivalent: ['equivalent', 'diamond', ['#009E73', '#3fd0a4']], undecided: ['undecided', 'circle', ['#737373', '#a8a8a8']],
};

function specificationSection() {
  const section = document.getElementById('specification-curve');
  if (!section || !DATA.robust || !DATA.robust.rows) return;
  const table = new Table(DATA.robust), verdict = table.column('verdict'), names = [...new Set(verdict)];
  const bar = section.querySelector('.controls');
  const [select, label] = choice('Verdict: ', names.map(name => [name, name]), () => { panel.title = select.value; panel.figure.querySelector('figcaption').textContent = select.value; panel.age(); });
  bar.append(label, csvButton(() => 'specification-curve.csv', () => table.csv()));
  const panel = new PanelView(names[0], () => specificationPanel(table, verdict.map((name, row) => (name === select.value ? row : -1)).filter(row => row >= 0), select.value));
  section.querySelector('.panels').append(panel.figure);
  STATE.watchers.push(() => panel.age());
}

function specificationPanel(table, rows, title) {
  const colours = ink(), [answer, estimate, low, high, usual] = ['answer', 'estimate', 'low', 'high', 'usual'].map(name => table.column(name));
  const fields = ['by', 'axis', 'target', 'budget', 'options', 'left_out'], labels = [], marks = {x: [], y: []};
  for (const field of fields) {
    const values = [...new Set(rows.map(row => table.column(field)[row]))].filter(value => value !== '');
    if (values.length < 2) continue;
    for (const value of values) {
      rows.forEach((row, place) => { if (table.column(field)[row] === value) { marks.x.push(place); marks.y.push(labels.length); } });
      labels.push(value);
    }
  }
  const matrix = 19 * Math.max(labels.length, 1), above = 190, height = matrix + above + 60, split = matrix / (matrix + above + 20);
  const data = [], counts = {}, said = [];
  for (const [name, [word, symbol, shades]] of Object.entries(ANSWERS)) {
    const places = rows.map((row, place) => (answer[row] === name ? place : -1)).filter(place => place >= 0);
    counts[word] = places.length;
    if (!places.length) continue;
    const colour = shades[isDark() ? 1 : 0], own = places.map(place => rows[place]);
    said.push(`${word} under ${places.length}`);
    data.push({
      x: places, y: own.map(row => estimate[row]), type: 'scatter', mode: 'markers', name: word, marker: {symbol, color: colour, size: 6},
      error_y: {type: 'data', symmetric: false, array: own.map(row => high[row] - estimate[row]), arrayminus: own.map(row => estimate[row] - low[row]), color: faded(colour, 0.55), thickness: 1, width: 0},
      text: own.map(row => [word, significant(estimate[row]), ...fields.map(field => table.column(field)[row]).filter(Boolean)].map(plotText).join('<br>')), hovertemplate: '%{text}<extra></extra>',
    });
  }
  data.push({x: marks.x, y: marks.y, yaxis: 'y2', type: 'scatter', mode: 'markers', marker: {symbol: 'line-ns-open', color: colours.ink, size: 9, line: {width: 1.5, color: colours.ink}}, hoverinfo: 'skip', showlegend: false});
  const x = {range: [-1, rows.length], showticklabels: false, showgrid: false, zeroline: false, anchor: 'y2', title: {text: 'choices, in rising order', font: {size: 12}}};
  const shape = layout(x, {domain: [split + 0.02, 1], range: [-0.04, 1.04], tickvals: [0, 0.5, 1], ticktext: ['0', '1/2', '1'], gridcolor: colours.grid, zeroline: false, title: {text: 'ahead', font: {size: 12}}}, colours, height);
  shape.yaxis2 = {domain: [0, split], range: [labels.length - 0.4, -0.6], tickvals: labels.map((_, place) => place), ticktext: labels.map(plotText), tickfont: {size: 11}, automargin: true, gridcolor: colours.grid, zeroline: false};
  shape.showlegend = true;
  shape.legend = {orientation: 'h', y: 1.02, yanchor: 'bottom', itemclick: false, itemdoubleclick: false};
  shape.margin.t = 34;
  const decided = rows.findIndex(row => usual[row]);
  if (decided >= 0) shape.shapes.push({...targetShape(decided, false, colours)});
  const listed = rows.map((row, place) => [String(place + 1), ANSWERS[answer[row]][0], significant(estimate[row]), `${significant(low[row])} to ${significant(high[row])}`, fields.map(field => table.column(field)[row]).filter(Boolean).join(', ')]);
  return {data, layout: shape, sentence: `${title}: ${rows.length} choices, ${said.join(', ')}.`, table: [['', 'verdict', 'estimate', 'interval', 'choice'], listed]};
}

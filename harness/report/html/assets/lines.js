// Lines that hold from one number to the next: convergence, and which part of many targets was reached.

const BAND = 0.13, ALL_BANDS = 0.6, MARKS = 5;

function stepBand(x, low, high, top) {
  const xs = [], ys = [];
  for (let place = 0; place < x.length; place++) {
    xs.push(x[place]); ys.push(high[place] === null ? top : high[place]);
    if (place + 1 < x.length) { xs.push(x[place + 1]); ys.push(high[place] === null ? top : high[place]); }
  }
  for (let place = x.length - 1; place >= 0; place--) {
    if (place + 1 < x.length) { xs.push(x[place + 1]); ys.push(low[place]); }
    xs.push(x[place]); ys.push(low[place]);
  }
  return [xs, ys];
}

function lineTrace(line, x, y, text, rank, count) {
  const look = LINES[line], colour = colourOf(line), known = x.length;
  const shown = new Set();
  // Marks of different lines stand beside each other, so that lines on top of one another show.
  if (known) for (let mark = 0; mark < MARKS; mark++) shown.add(Math.floor(known * (mark + (rank + 0.5) / count) / MARKS));
  shown.add(known - 1);
  return {
    x, y, text, type: 'scatter', mode: 'lines+markers', name: plotText(look.label), hovertemplate: '%{text}<extra></extra>',
    line: {shape: 'hv', color: colour, width: 1.7, dash: look.dash},
    marker: {symbol: look.symbol, color: colour, size: Array.from({length: known}, (_, place) => (shown.has(place) ? 6.5 : 0)), line: {width: 0}},
  };
}

function hover(line, parts) {
  return [LINES[line].label, ...parts].map(plotText).join('<br>');
}

function convergencePanel(problem, table, settings) {
  const colours = ink(), there = table.byLine().get(problem), lines = shownLines().filter(line => there.has(line));
  const column = Object.fromEntries(['spent', 'median', 'low', 'high', 'runs'].map(name => [name, table.column(name)]));
  const spent = [], losses = [], bands = settings.bands.checked, single = settings.single.checked;
  const axisName = settings.form(), singles = single ? runsOf(problem, lines) : new Map();
  for (const line of lines) for (const row of there.get(line)) {
    spent.push(column.spent[row]);
    losses.push(column.median[row]);
    if (bands) losses.push(column.low[row], column.high[row]);
  }
  for (const {best} of [...singles.values()].flat()) for (const loss of best) losses.push(loss);
  const targets = targetsOf(problem);
  const x = scaleOf(spent, {log: settings.logX.checked, zero: true, infinity: null});
  const y = scaleOf([...losses, ...targets], {log: settings.logY.checked, infinity: null});
  const data = [], shape = layout(axis(x, settings.formName(), colours), axis(y, 'best training loss', colours), colours, 290);
  const opacity = Math.min(BAND, ALL_BANDS / Math.max(lines.length, 1));
  const ends = [], rows = [];
  lines.forEach(line => {
    const own = there.get(line).filter(row => Number.isFinite(column.low[row]));
    if (!bands || column.runs[there.get(line)[0]] < 2 || !own.length) return;
    const [xs, ys] = stepBand(own.map(row => x.place(column.spent[row])), own.map(row => y.place(column.low[row])), own.map(row => y.place(column.high[row])), y.range[1]);
    data.push({x: xs, y: ys, type: 'scatter', mode: 'lines', line: {width: 0}, fill: 'toself', fillcolor: faded(colourOf(line), opacity), hoverinfo: 'skip'});
  });
  singles.forEach((runs, line) => runs.forEach(run => data.push({
    x: Array.from(run[axisName], x.place), y: Array.from(run.best, y.place), type: 'scatter', mode: 'lines', opacity: 0.45,
    line: {shape: 'hv', color: colourOf(line), width: 0.8}, hovertemplate: '%{text}<extra></extra>',
    text: Array.from(run.best, (loss, place) => hover(line, [`seed ${run.seed}: ${significant(loss)}`, `${axisName} ${significant(run[axisName][place])}`])),
  })));
  lines.forEach((line, rank) => {
    const own = there.get(line), last = own[own.length - 1];
    data.push(lineTrace(line, own.map(row => x.place(column.spent[row])), own.map(row => y.place(column.median[row])),
      own.map(row => hover(line, [`median ${significant(column.median[row])}`, `middle half ${significant(column.low[row])} to ${significant(column.high[row])}`, `${axisName} ${significant(column.spent[row])}`])), rank, lines.length));
    ends.push(`${LINES[line].label} ${significant(column.median[last])} after ${significant(column.spent[last])}`);
    rows.push([LINES[line].label, String(column.runs[last]), significant(column.spent[last]), ...['median', 'low', 'high'].map(name => significant(column[name][last]))]);
  });
  for (const target of targets) {
    shape.shapes.push(targetShape(y.place(target), true, colours));
    shape.annotations.push({xref: 'paper', x: 1, y: y.place(target), text: `target ${Number(target.toPrecision(3))}`, showarrow: false, xanchor: 'right', yanchor: 'bottom', font: {size: 11, color: colours.soft}});
  }
  return {
    data, layout: shape,
    sentence: `Convergence on ${problem}: median of the best training loss where each line ends, by ${axisName}: ${ends.join('; ') || 'no optimizer is chosen'}.`,
    table: [['optimizer', 'runs', `${axisName} at the end`, 'median loss there', 'middle half from', 'to'], rows],
  };
}

// The looks at the single runs of some lines on a problem, as far as the page has them.
function runsOf(problem, lines) {
  const found = new Map(), kept = singleRuns(), there = RUNS.byLine().get(problem);
  for (const line of lines) {
    const runs = [];
    for (const row of there.get(line) || []) {
      const place = kept && kept.runs.get(row);
      if (!place) continue;
      const run = {seed: RUNS.packed.seed[row]};
      for (const [name, values] of Object.entries(kept.columns)) run[name] = values.subarray(place.from, place.to);
      runs.push(run);
    }
    if (runs.length) found.set(line, runs);
  }
  return found;
}

function ecdfPanel(problem, table, settings) {
  const colours = ink(), there = table.byLine().get(problem), lines = shownLines().filter(line => there.has(line));
  const column = Object.fromEntries(['spent', 'share', 'share_low', 'share_high', 'n'].map(name => [name, table.column(name)]));
  const spent = lines.flatMap(line => there.get(line).map(row => column.spent[row]));
  const x = scaleOf(spent, {log: settings.logX.checked, infinity: null}), y = scaleOf([0, 1], {log: false});
  const shape = layout(axis(x, settings.formName(), colours), axis(y, 'part of the targets', colours), colours, 270);
  const data = [], rows = [], said = [], opacity = Math.min(BAND, ALL_BANDS / Math.max(lines.length, 1));
  if (settings.bands.checked) lines.forEach(line => {
    const own = there.get(line).filter(row => Number.isFinite(column.share_low[row]));
    const [xs, ys] = stepBand(own.map(row => x.place(column.spent[row])), own.map(row => column.share_low[row]), own.map(row => column.share_high[row]), 1);
    data.push({x: xs, y: ys, type: 'scatter', mode: 'lines', line: {width: 0}, fill: 'toself', fillcolor: faded(colourOf(line), opacity), hoverinfo: 'skip'});
  });
  lines.forEach((line, rank) => {
    const own = there.get(line), last = own[own.length - 1], half = own.find(row => column.share[row] >= 0.5);
    const ends = row => `${significant(column.share_low[row])} to ${significant(column.share_high[row])}`;
    data.push(lineTrace(line, own.map(row => x.place(column.spent[row])), own.map(row => column.share[row]),
      own.map(row => hover(line, [`${(100 * column.share[row]).toFixed(1)} % of the targets`, `interval ${ends(row)}`, `${settings.form()} ${significant(column.spent[row])}`])), rank, lines.length));
    const reached = half === undefined ? 'not reached' : significant(column.spent[half]);
    said.push(`${LINES[line].label} ${reached}`);
    rows.push([LINES[line].label, String(column.n[last]), reached, significant(column.share[last]), ends(last)]);
  });
  return {
    data, layout: shape,
    sentence: `Targets reached on ${problem}: ${settings.form()} by which half of the targets were reached: ${said.join('; ') || 'no optimizer is chosen'}.`,
    table: [['optimizer', 'runs', `${settings.form()} until half of the targets`, 'part of the targets at the end', 'interval'], rows],
  };
}

function targetsOf(problem) {
  const found = new Set(), target = RUNS.column('target');
  (RUNS.byLine().get(problem) || new Map()).forEach(rows => rows.forEach(row => found.add(target[row])));
  return [...found].filter(Number.isFinite);
}

function lineSections() {
  chartSection('convergence', (redraw, bar) => {
    const [logX, one] = tick('logarithmic axis', true, redraw), [logY, two] = tick('logarithmic loss', true, redraw);
    const [bands, three] = tick('bands (middle half of the runs)', shownLines().length <= 6, redraw), [single, four] = tick('single runs', false, redraw);
    bar.append(one, two, three, four);
    document.querySelector('#convergence .thinned').textContent = DATA.single ? DATA.single.said : '';
    return {logX, logY, bands, single};
  }, convergencePanel);
  chartSection('runtime-ecdf', (redraw, bar) => {
    const [logX, one] = tick('logarithmic axis', true, redraw), [bands, two] = tick('intervals', shownLines().length <= 6, redraw);
    bar.append(one, two);
    return {logX, bands};
  }, ecdfPanel);
}

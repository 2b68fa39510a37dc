import './locale.ts';
import 'uplot/dist/uPlot.min.css';
import './base.css';
import './controls.css';
import './virtual-list.css';
import { DASHBOARD_VERSION } from '../src/protocol/dashboard.ts';
import { Charts } from './charts/charts.ts';
import { Compare } from './compare/compare.ts';
import { Dock } from './dock.ts';
import { el } from './dom.ts';
import { Groups } from './groups/groups.ts';
import { settleSample } from './groups/keep.ts';
import { Head } from './head/head.ts';
import { host, onHostMessage } from './host.ts';
import { Rescore } from './rescore/rescore.ts';
import { Store } from './store.ts';

const store = new Store();
const dock = new Dock(store, {
  groups: new Groups(store).element,
  compare: new Compare(store).element,
  rescore: new Rescore(store).element,
});
const main = el('main', {}, new Charts(store).element, dock.splitter, dock.element);
document.body.append(new Head(store).element, main);
// Of a run that could not start there is nothing to wait for.
store.subscribe(() => {
  main.hidden = (store.starting?.problem ?? null) !== null;
});
onHostMessage((message) => (message.type === 'sampled' ? settleSample(message) : store.receive(message)));
host.postMessage({ type: 'ready', version: DASHBOARD_VERSION });
if (store.layout.compared.length > 0) host.postMessage({ type: 'compare', folders: store.layout.compared });

import './locale.ts';
import 'uplot/dist/uPlot.min.css';
import './base.css';
import './controls.css';
import './virtual-list.css';
import './content.css';
import { DASHBOARD_VERSION } from '../src/protocol/dashboard.ts';
import { Charts } from './charts/charts.ts';
import { Checkpoints } from './checkpoints/checkpoints.ts';
import { Compare } from './compare/compare.ts';
import { Config } from './config/config.ts';
import { Head } from './head/head.ts';
import { host, onHostMessage, onMessage } from './host.ts';
import { settleSample } from './rollouts/keep.ts';
import { Rollouts } from './rollouts/rollouts.ts';
import { Store } from './store.ts';
import { Tabs } from './tabs.ts';

const store = new Store();
const tabs = new Tabs(store, {
  overview: new Charts(store).element,
  rollouts: new Rollouts(store).element,
  compare: new Compare(store).element,
  config: new Config(store).element,
  checkpoints: new Checkpoints(store).element,
});
document.body.append(new Head(store).element, tabs.element);
// Of a run that could not start there is nothing to wait for.
store.subscribe(() => {
  tabs.element.hidden = (store.starting?.problem ?? null) !== null;
});
onHostMessage((message) => store.receive(message));
onMessage('sampled', settleSample);
host.postMessage({ type: 'ready', version: DASHBOARD_VERSION });
if (store.layout.compared.length > 0) host.postMessage({ type: 'compare', folders: store.layout.compared });

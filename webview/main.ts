import 'uplot/dist/uPlot.min.css';
import './style.css';
import { DASHBOARD_VERSION } from '../src/protocol/dashboard.ts';
import { Charts } from './charts/charts.ts';
import { el } from './dom.ts';
import { Head } from './head/head.ts';
import { host, onHostMessage } from './host.ts';
import { Store } from './store.ts';

const store = new Store();
const charts = new Charts(store);
document.body.append(new Head(store).element, el('main', {}, el('div', { class: 'curves' }, charts.element)));
onHostMessage((message) => store.receive(message));
host.postMessage({ type: 'ready', version: DASHBOARD_VERSION });
if (store.layout.compared.length > 0) host.postMessage({ type: 'compare', folders: store.layout.compared });

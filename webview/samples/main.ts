import '../locale.ts';
import '../base.css';
import '../controls.css';
import '../virtual-list.css';
import './samples.css';
import './list.css';
import './detail.css';
import { SAMPLES_VIEW_VERSION } from '../../src/protocol/samples-view.ts';
import { host, onHostMessage } from './host.ts';
import { SamplesView } from './view.ts';

const view = new SamplesView();
document.body.append(view.element);
onHostMessage((message) => view.receive(message));
host.postMessage({ type: 'ready', version: SAMPLES_VIEW_VERSION });

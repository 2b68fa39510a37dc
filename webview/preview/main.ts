import '../locale.ts';
import '../base.css';
import '../controls.css';
import '../virtual-list.css';
import { PREVIEW_VIEW_VERSION } from '../../src/protocol/preview-view.ts';
import { host, onUpdate } from './host.ts';
import { PreviewView } from './view.ts';

const view = new PreviewView();
document.body.append(view.element);
onUpdate((update) => view.receive(update));
host.postMessage({ type: 'ready', version: PREVIEW_VIEW_VERSION });

import '../locale.ts';
import '../base.css';
import '../controls.css';
import '../virtual-list.css';
import { PREVIEW_VIEW_VERSION } from '../../src/protocol/preview-view.ts';
import { host, onPicture } from './host.ts';
import { PreviewView } from './view.ts';

const view = new PreviewView();
document.body.append(view.element);
onPicture((picture) => view.receive(picture));
host.postMessage({ type: 'ready', version: PREVIEW_VIEW_VERSION });

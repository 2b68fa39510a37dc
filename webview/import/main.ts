import '../locale.ts';
import '../base.css';
import '../controls.css';
import { IMPORT_VIEW_VERSION } from '../../src/protocol/import-view.ts';
import { host, onPicture } from './host.ts';
import { ImportView } from './view.ts';

const view = new ImportView();
document.body.append(view.element);
onPicture((picture) => view.receive(picture));
host.postMessage({ type: 'ready', version: IMPORT_VIEW_VERSION });

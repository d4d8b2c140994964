/** Microphone and loudspeaker of a call, as frames of the telephone line: 8 kHz, 16 bits, mono, 20 ms. */

const LINE_RATE = 8000;
/** What the telephone carries, in Hz; where the context is faster than the line, more would come back as noise. */
const HIGHEST = 3400;

/** Why there is no sound, in words for the person. */
export class AudioUnavailable extends Error {}

const REASONS = {
  NotAllowedError: "No hay permiso para usar el micrófono. Puede darlo en los ajustes de su navegador para esta página.",
  NotFoundError: "No se encontró ningún micrófono en este equipo.",
  NotReadableError: "Otro programa está usando el micrófono. Ciérrelo e inténtelo de nuevo.",
};

/** A context at the line's own rate if the browser has it: then nothing needs to be converted. */
function openContext() {
  try {
    return new AudioContext({ sampleRate: LINE_RATE });
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return new AudioContext();
  }
}

export class CallAudio {
  /** @type {MediaStream|null} */ #stream = null;
  /** @type {AudioWorkletNode|null} */ #line = null;
  /** @type {AudioContext} */ #context;

  /**
   * To be made within a click, or the browser keeps the loudspeaker shut.
   * @param {{onFrame: (frame: ArrayBuffer) => void, onLost: () => void}} handlers `onLost`: the microphone went away
   * @throws {AudioUnavailable} this browser, or this page without https, has no sound for us
   */
  constructor(handlers) {
    this.handlers = handlers;
    if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) {
      throw new AudioUnavailable("Para llamar, esta página debe abrirse con https.");
    }
    if (!window.AudioWorkletNode) {
      throw new AudioUnavailable("Su navegador no permite llamar desde la página. Actualícelo, o siga por escrito.");
    }
    this.#context = openContext();
  }

  /**
   * Asks for the microphone and begins to give frames.
   * @throws {AudioUnavailable}
   */
  async start() {
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({
        audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
      });
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      throw new AudioUnavailable(REASONS[error.name] ?? "No fue posible usar el micrófono.");
    }
    this.#stream.getAudioTracks()[0].addEventListener("ended", () => this.handlers.onLost());
    const microphone = this.#microphone();
    await this.#context.audioWorklet.addModule("/static/call_worklet.js");
    this.#line = new AudioWorkletNode(this.#context, "telephone-line", {
      outputChannelCount: [1], channelCount: 1, channelCountMode: "explicit",
    });
    this.#line.port.onmessage = ({ data }) => this.handlers.onFrame(data);
    this.#narrowed(microphone).connect(this.#line);
    this.#narrowed(this.#line).connect(this.#context.destination);
    await this.#context.resume();
  }

  /** @param {ArrayBuffer} frame */
  play(frame) {
    this.#line?.port.postMessage(frame, [frame]);
  }

  /** Says nothing more of what waits to be played. */
  flush() {
    this.#line?.port.postMessage("flush");
  }

  /** @param {number} [lastWords] milliseconds for what still waits to be played; the microphone is shut at once */
  close(lastWords = 0) {
    const line = this.#line;
    this.#line = null;
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#stream = null;
    setTimeout(() => {
      line?.disconnect();
      if (this.#context.state !== "closed") this.#context.close();
    }, lastWords);
  }

  /** Some browsers cannot bring a microphone into a context of another rate; then the context takes the card's. */
  #microphone() {
    try {
      return this.#context.createMediaStreamSource(this.#stream);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      this.#context.close();
      this.#context = new AudioContext();
      return this.#context.createMediaStreamSource(this.#stream);
    }
  }

  /**
   * @param {AudioNode} node
   * @returns {AudioNode} the same without what the line cannot carry
   */
  #narrowed(node) {
    if (this.#context.sampleRate <= LINE_RATE) return node;
    const filters = [0, 1].map(() => new BiquadFilterNode(this.#context, { type: "lowpass", frequency: HIGHEST }));
    return filters.reduce((before, filter) => before.connect(filter), node);
  }
}

// Records from the microphone while a button is held, and reports how loud it is.

const MIN_MS = 400;
const MAX_MS = 60_000;
const TYPES = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4", ""];

export function canRecord() {
  return Boolean(navigator.mediaDevices?.getUserMedia && window.MediaRecorder);
}

export class Recorder {
  #onLevel; #stream; #recorder; #chunks = []; #startedAt = 0; #frame = 0; #context; #limit;
  wanted = false;

  /** @param {(level: number) => void} onLevel called with 0..1 while recording */
  constructor(onLevel) { this.#onLevel = onLevel; }

  get active() { return this.#recorder?.state === "recording"; }

  /** Resolves when the microphone is recording; rejects when it may not be used. */
  async start() {
    this.wanted = true;
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({
        audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
      });
    } catch (error) { this.wanted = false; throw error; }
    if (!this.wanted) { this.#release(); return; } // let go while the permission question was open
    const type = TYPES.find((name) => !name || MediaRecorder.isTypeSupported(name));
    this.#chunks = [];
    this.#recorder = new MediaRecorder(this.#stream, type ? { mimeType: type, audioBitsPerSecond: 24_000 } : {});
    this.#recorder.addEventListener("dataavailable", (event) => this.#chunks.push(event.data));
    this.#recorder.start(250);
    this.#startedAt = performance.now();
    this.#limit = setTimeout(() => this.#recorder?.state === "recording" && this.#recorder.pause(), MAX_MS);
    this.#measure();
  }

  /** Resolves with the recording, or null when it was too short to hold a word. */
  async stop() {
    this.wanted = false;
    const recorder = this.#recorder;
    if (!recorder || recorder.state === "inactive") return null;
    clearTimeout(this.#limit);
    const stopped = new Promise((resolve) => recorder.addEventListener("stop", resolve, { once: true }));
    recorder.stop();
    await stopped;
    this.#release();
    const long = performance.now() - this.#startedAt >= MIN_MS;
    return long ? new Blob(this.#chunks, { type: recorder.mimeType }) : null;
  }

  #measure() {
    this.#context = new AudioContext();
    const analyser = this.#context.createAnalyser();
    analyser.fftSize = 1024;
    this.#context.createMediaStreamSource(this.#stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const tick = () => {
      analyser.getFloatTimeDomainData(samples);
      const rms = Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
      this.#onLevel(Math.min(1, rms * 6));
      this.#frame = requestAnimationFrame(tick);
    };
    tick();
  }

  #release() {
    cancelAnimationFrame(this.#frame);
    this.#onLevel(0);
    this.#context?.close();
    this.#context = undefined;
    this.#recorder = undefined;
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
  }
}

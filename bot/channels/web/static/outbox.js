// Messages on their way: kept on the phone until the server has answered them, sent in their order, each once. Sending
// again after a lost answer is harmless: the server knows a message by its id and gives the same answer.

const STORE = "outbox";

function asked(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** In the browser's database; in memory where there is none (private mode). */
export class Outbox {
  #database = null;
  #memory = [];

  async open() {
    try {
      const opening = indexedDB.open("xiangyin", 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: "order", autoIncrement: true });
      this.#database = await asked(opening);
    } catch { this.#database = null; }
    return this;
  }

  #store(mode) { return this.#database.transaction(STORE, mode).objectStore(STORE); }

  /** Keeps `{id, text}` or `{id, audio}` and resolves when it is safe. */
  async add(message) {
    if (this.#database) await asked(this.#store("readwrite").add(message));
    else this.#memory.push(message);
  }

  /** All that waits, oldest first. */
  async all() {
    return this.#database ? asked(this.#store("readonly").getAll()) : [...this.#memory];
  }

  async remove(message) {
    if (this.#database) await asked(this.#store("readwrite").delete(message.order));
    else this.#memory = this.#memory.filter((one) => one.id !== message.id);
  }
}

export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

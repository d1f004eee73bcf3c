package dev.backplane.x86.mmu;

/** Keeps what was derived from address translations in step with them. Called on the vCPU's thread, in mid-instruction. */
public interface TranslationWatch {
    /** Derives nothing. */
    TranslationWatch NONE = new TranslationWatch() {
        @Override
        public void flushedLocal() {}

        @Override
        public void flushedAll() {}

        @Override
        public void invalidated(long linear) {}
    };

    /** All but global translations were dropped, or exchanged for those of another address space. */
    void flushedLocal();

    /** All translations were dropped. */
    void flushedAll();

    /** The translation of one page was dropped. */
    void invalidated(long linear);
}

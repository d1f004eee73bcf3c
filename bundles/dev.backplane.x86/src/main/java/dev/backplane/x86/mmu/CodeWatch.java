package dev.backplane.x86.mmu;

/** Keeps code that was decoded from guest memory in step with it. Called on the vCPU's thread, also in mid-instruction. */
public interface CodeWatch {
    /** Holds no code. */
    CodeWatch NONE = new CodeWatch() {
        @Override
        public void written(long offset, long length) {}

        @Override
        public void writtenAnywhere() {}

        @Override
        public boolean covers(long offset, long length) {
            return false;
        }
    };

    /** Guest RAM was written. */
    void written(long offset, long length);

    /** Guest RAM was written in too many places to list them. */
    void writtenAnywhere();

    /** Whether any of the bytes may have been decoded. On any thread: the caller has written them, with a full fence after. */
    boolean covers(long offset, long length);
}

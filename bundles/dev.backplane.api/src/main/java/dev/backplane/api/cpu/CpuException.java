package dev.backplane.api.cpu;

/** A guest that a backend cannot run on. The message is a report for people: what, where, registers, code bytes, a hint. */
public final class CpuException extends Exception {
    private static final long serialVersionUID = 1;

    /**
     * A guest that cannot go on.
     *
     * @param report what, where, registers, code bytes, a hint
     */
    public CpuException(String report) {
        super(report);
    }
}

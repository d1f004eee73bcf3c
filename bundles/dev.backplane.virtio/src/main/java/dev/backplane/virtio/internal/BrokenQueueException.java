package dev.backplane.virtio.internal;

/** A driver has broken the rules of a queue. The message says how; it has no stack trace, since guests cause it. */
final class BrokenQueueException extends RuntimeException {
    private static final long serialVersionUID = 1;

    BrokenQueueException(String message) {
        super(message, null, false, false);
    }
}

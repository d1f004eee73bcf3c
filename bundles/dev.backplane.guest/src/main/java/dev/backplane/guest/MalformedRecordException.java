package dev.backplane.guest;

import java.io.IOException;

/** What came from the guest is no record of {@link RecordReader}; the message shows the bytes. */
public final class MalformedRecordException extends IOException {
    private static final long serialVersionUID = 1;

    MalformedRecordException(String message) {
        super(message);
    }
}

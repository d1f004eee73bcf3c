package dev.backplane.shell.internal;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** Text on standard output, in the terminal's encoding. */
public final class StandardOutput {
    private StandardOutput() {}

    /** Writes it. */
    public static void print(OutputStream out, String text) throws IOException {
        String encoding = System.getProperty("stdout.encoding");
        try {
            out.write(text.getBytes(encoding == null ? StandardCharsets.UTF_8 : Charset.forName(encoding)));
        } catch (IOException e) {
            throw new IOException("standard output: " + e.getMessage(), e);
        }
    }
}

package dev.backplane.gdb.internal;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Packets on a stream: {@code $data#checksum}, acknowledged by {@code +} until both sides agree to do without (gdb manual, E.1).
 * Reading and writing may be done by two threads.
 */
final class Packets {
    /** The longest packet that is taken; gdb is told of it. */
    static final int MAX_BYTES = 0x4000;

    /** What is read for the byte by which gdb asks a running guest to stop. */
    static final String INTERRUPT = "\u0003";

    private final InputStream in;
    private final OutputStream out;
    private volatile boolean acknowledged = true;

    Packets(InputStream in, OutputStream out) {
        this.in = in;
        this.out = out;
    }

    /** No more acknowledgements, in either direction. */
    void withoutAcknowledgement() {
        acknowledged = false;
    }

    /** The next packet's data, one character a byte, unescaped; or {@link #INTERRUPT}. */
    String read() throws IOException {
        while (true) {
            int b = next();
            if (b == 3) {
                return INTERRUPT;
            }
            if (b == '$') {
                String data = data();
                if (data != null) {
                    return data;
                }
            }
            // Acknowledgements of what was sent over a stream that loses nothing say nothing.
        }
    }

    private @Nullable String data() throws IOException {
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        int sum = 0;
        int b;
        while ((b = next()) != '#') {
            sum += b;
            if (b == '}') {
                b = next();
                sum += b;
                b ^= 0x20;
            }
            if (data.size() >= MAX_BYTES) {
                throw new IOException("a packet of more than " + MAX_BYTES + " bytes");
            }
            data.write(b);
        }
        int expected = digit(next()) << 4 | digit(next());
        boolean good = (sum & 0xff) == expected;
        if (acknowledged) {
            raw(good ? "+" : "-");
        } else if (!good) {
            throw new IOException("a packet with a wrong checksum");
        }
        return good ? data.toString(StandardCharsets.ISO_8859_1) : null;
    }

    private static int digit(int character) throws IOException {
        int value = Character.digit(character, 16);
        if (value < 0) {
            throw new IOException("a packet without a checksum");
        }
        return value;
    }

    private int next() throws IOException {
        int b = in.read();
        if (b < 0) {
            throw new EOFException("gdb has closed the connection");
        }
        return b;
    }

    /** Sends a packet; one character a byte. */
    void write(String data) throws IOException {
        StringBuilder packet = new StringBuilder("$");
        int sum = 0;
        for (char c : data.toCharArray()) {
            if (c == '$' || c == '#' || c == '}' || c == '*') {
                packet.append('}').append((char) (c ^ 0x20));
                sum += '}' + (c ^ 0x20);
            } else {
                packet.append(c);
                sum += c;
            }
        }
        raw(packet.append("#%02x".formatted(sum & 0xff)).toString());
    }

    private synchronized void raw(String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
    }
}

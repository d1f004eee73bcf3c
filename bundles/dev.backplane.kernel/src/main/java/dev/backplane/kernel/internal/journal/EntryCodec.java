package dev.backplane.kernel.internal.journal;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** Entries to bytes and back. Numbers are big-endian; texts and byte strings carry their length. */
final class EntryCodec {
    private static final int HEAD = 1;
    private static final int INPUT = 2;
    private static final int HASH = 3;
    private static final int END = 4;
    private static final int CUT = 5;
    private static final int MARK = 6;

    private EntryCodec() {}

    static byte[] encode(Entry entry) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            DataOutputStream out = new DataOutputStream(bytes);
            switch (entry) {
                case Entry.Head head -> writeHead(out, head);
                case Entry.Input input -> {
                    writeEvent(out, INPUT, input);
                    out.writeUTF(input.console());
                    writeBytes(out, input.bytes());
                }
                case Entry.Mark mark -> writeEvent(out, MARK, mark);
                case Entry.Hash hash -> {
                    writeEvent(out, HASH, hash);
                    writeBytes(out, hash.hash());
                }
                case Entry.End end -> {
                    writeEvent(out, END, end);
                    writeBytes(out, end.hash());
                    writeText(out, end.reason());
                }
                case Entry.Cut cut -> {
                    writeEvent(out, CUT, cut);
                    writeText(out, cut.reason());
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException("memory does not fail", e);
        }
        return bytes.toByteArray();
    }

    private static void writeHead(DataOutputStream out, Entry.Head head) throws IOException {
        out.writeByte(HEAD);
        out.writeInt(head.machine().size());
        for (Map.Entry<String, String> each : head.machine().entrySet()) {
            writeText(out, each.getKey());
            writeText(out, each.getValue());
        }
        writeBytes(out, head.seed());
        out.writeLong(head.wallSeconds());
        out.writeInt(head.wallNanos());
        out.writeLong(head.hashEvery());
    }

    private static void writeEvent(DataOutputStream out, int kind, Entry.Event event) throws IOException {
        out.writeByte(kind);
        out.writeLong(event.turn());
        out.writeLong(event.instructions());
    }

    private static void writeBytes(DataOutputStream out, byte[] bytes) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static void writeText(DataOutputStream out, String text) throws IOException {
        writeBytes(out, text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Decodes an entry.
     *
     * @throws IOException when the bytes are none
     */
    static Entry decode(byte[] payload) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(payload));
        int kind = in.readUnsignedByte();
        if (kind == HEAD) {
            return readHead(in);
        }
        long turn = in.readLong();
        long instructions = in.readLong();
        return switch (kind) {
            case INPUT -> new Entry.Input(turn, instructions, in.readUTF(), readBytes(in));
            case MARK -> new Entry.Mark(turn, instructions);
            case HASH -> new Entry.Hash(turn, instructions, readBytes(in));
            case END -> new Entry.End(turn, instructions, readBytes(in), readText(in));
            case CUT -> new Entry.Cut(turn, instructions, readText(in));
            default -> throw new IOException("an entry of the unknown kind " + kind);
        };
    }

    private static Entry readHead(DataInputStream in) throws IOException {
        Map<String, String> machine = new TreeMap<>();
        for (int left = in.readInt(); left > 0; left--) {
            String name = readText(in);
            machine.put(name, readText(in));
        }
        return new Entry.Head(machine, readBytes(in), in.readLong(), in.readInt(), in.readLong());
    }

    private static byte[] readBytes(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > in.available()) {
            throw new IOException("a length of " + length + " bytes where " + in.available() + " are left");
        }
        return in.readNBytes(length);
    }

    private static String readText(DataInputStream in) throws IOException {
        return new String(readBytes(in), StandardCharsets.UTF_8);
    }
}

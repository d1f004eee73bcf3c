package dev.backplane.cpu.bt.internal.emit;

import dev.backplane.x86.disasm.Disassembler;
import dev.backplane.x86.state.Cpu;
import java.util.HexFormat;

/** A block for people: the guest's code and what became of it, one instruction a line. */
public final class Listing {
    private static final HexFormat HEX = HexFormat.ofDelimiter(" ");
    private static final int CALL = 0xE8;

    private final Disassembler disassembler = new Disassembler();
    private final StringBuilder text = new StringBuilder();

    private Listing() {}

    /**
     * The text.
     *
     * @param guest bytes of guest code
     * @param from the block's first byte there
     * @param to behind its last
     * @param rip the address of the first
     * @param emitted what was emitted
     * @param size how many bytes of it
     * @param base where it is in the code memory
     * @param dataBytes how many bytes of data follow a call
     */
    public static String of(
            byte[] guest, int from, int to, long rip, byte[] emitted, int size, int base, int dataBytes) {
        var listing = new Listing();
        listing.guest(guest, from, to, rip);
        listing.emitted(emitted, size, base, dataBytes);
        return listing.text.toString().stripTrailing();
    }

    private void guest(byte[] code, int from, int to, long rip) {
        text.append("guest code at %016x, %d bytes\n".formatted(rip, Math.max(to - from, 0)));
        for (int at = from; at < to; ) {
            long address = rip + at - from;
            Disassembler.Line line = disassembler.at(code, at, to, Cpu.CODE64, address);
            line("%016x".formatted(address), code, at, Math.min(line.length(), to - at), line.text());
            at += line.length();
        }
    }

    private void emitted(byte[] code, int size, int base, int dataBytes) {
        text.append("emitted code at %x of the code memory, %d bytes\n".formatted(base, size));
        for (int at = 0; at < size; ) {
            String where = "%8x".formatted(base + at);
            Disassembler.Line line = disassembler.at(code, at, size, Cpu.CODE64, base + at);
            boolean exit = (code[at] & 0xFF) == CALL;
            line(where, code, at, Math.min(line.length(), size - at), line.text());
            at += line.length();
            if (exit && at < size) {
                int bytes = Math.min(dataBytes, size - at);
                line("%8x".formatted(base + at), code, at, bytes, "(data of the exit)");
                at += bytes;
            }
        }
    }

    private void line(String address, byte[] code, int at, int length, String instruction) {
        text.append("  %s  %-30s %s\n".formatted(address, HEX.formatHex(code, at, at + length), instruction));
    }
}

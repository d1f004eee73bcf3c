package dev.backplane.cpu.bt.internal.emit;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Mnemonic;
import dev.backplane.x86.decode.Opcode;
import java.util.Arrays;

/**
 * What has to stand before a repeated string instruction of the host, byte for byte: the check of each operand, how many elements fit
 * between it and the end of its page, the least of these and of the guest's count in rcx, and rsi and rdi from where the checks have
 * put the host addresses. In a pattern two digits are a byte, a letter is four bytes that are the same wherever it stands, and a
 * question mark is any four bytes.
 */
final class StringRule {
    private static final int PAGE = 4096;

    /** rax is a linear address with a slot in rcx: host address to a place, elements up to the page's end in ecx. */
    private static final String CHECK =
            "65 48 33 81 ? 48 3D L 0F 87 ? 65 48 8B 89 ? 48 8D 0C 08 65 48 89 0C 25 %s B9 00 10 00 00 2B C8 C1 E9 K ";
    /** The address in rdi, and its slot. */
    private static final String ADDRESS = "48 8B C7 C4 E3 7B F0 C8 07 81 E1 ? ";

    private static final String NOT_MORE_THAN_NOTED = "65 48 3B 0C 25 N 65 48 0F 47 0C 25 N ";
    private static final String NOT_MORE_THAN_COUNT = "49 3B CA 49 0F 47 CA ";
    private static final String NOTE = "65 48 89 0C 25 N ";
    private static final String SOURCE = "65 48 89 34 25 P 65 48 8B 34 25 S ";
    private static final String TARGET = "65 48 89 3C 25 Q 65 48 8B 3C 25 T";
    private static final String ACCUMULATOR = "49 8B C1 ";

    private static final String[] TWO = (CHECK.formatted("S")
                    + NOTE
                    + ADDRESS
                    + CHECK.formatted("T")
                    + NOT_MORE_THAN_NOTED
                    + NOT_MORE_THAN_COUNT
                    + NOTE
                    + SOURCE
                    + TARGET)
            .split(" ");
    private static final String[] ONE =
            (CHECK.formatted("T") + NOT_MORE_THAN_COUNT + NOTE + ACCUMULATOR + TARGET).split(" ");

    private final int[] letters = new int[26];
    private final int slots;
    private final int slotsEnd;

    /** {@code slots} to {@code slotsEnd}: where in the state area the places may be. */
    StringRule(int slots, int slotsEnd) {
        this.slots = slots;
        this.slotsEnd = slotsEnd;
    }

    /** Where the bytes begin that have to come before an instruction at an offset, or -1 if others stand there. */
    int begin(byte[] code, int at, Insn i) {
        boolean two = i.mnemonic() == Mnemonic.MOVS || i.mnemonic() == Mnemonic.CMPS;
        if (i.repeat == 0 || i.addressBytes != 8 || i.segmentOverride >= 0 || i.mnemonic() == Mnemonic.LODS) {
            return -1;
        }
        int shift = i.opcode.has(Opcode.BYTE) ? 0 : Integer.numberOfTrailingZeros(i.operandBytes);
        String[] pattern = two ? TWO : ONE;
        int begin = at - length(pattern);
        return begin >= 0 && matches(code, begin, pattern, shift) && places(two) ? begin : -1;
    }

    private static int length(String[] pattern) {
        int length = 0;
        for (String part : pattern) {
            length += part.length() == 2 || part.equals("K") ? 1 : 4;
        }
        return length;
    }

    private boolean matches(byte[] code, int begin, String[] pattern, int shift) {
        Arrays.fill(letters, -1);
        int at = begin;
        for (String part : pattern) {
            if (part.length() == 2 || part.equals("K")) {
                int expected = part.equals("K") ? shift : Integer.parseInt(part, 16);
                if ((code[at++] & 0xFF) != expected) {
                    return false;
                }
                continue;
            }
            int value = code[at] & 0xFF | (code[at + 1] & 0xFF) << 8 | (code[at + 2] & 0xFF) << 16 | code[at + 3] << 24;
            at += 4;
            if (!part.equals("?")) {
                int letter = part.charAt(0) - 'A';
                if (letters[letter] >= 0 && letters[letter] != value) {
                    return false;
                }
                letters[letter] = value;
            }
        }
        return letters['L' - 'A'] == PAGE - (1 << shift);
    }

    /** The places are different ones, and nothing else is there. */
    private boolean places(boolean two) {
        String names = two ? "SNTPQ" : "NTQ";
        long seen = 0;
        for (int n = 0; n < names.length(); n++) {
            int place = letters[names.charAt(n) - 'A'];
            if (place < slots || place + 8 > slotsEnd || (place & 7) != 0) {
                return false;
            }
            long bit = 1L << (place - slots >> 3);
            if ((seen & bit) != 0) {
                return false;
            }
            seen |= bit;
        }
        return true;
    }
}

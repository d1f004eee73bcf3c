package dev.backplane.x86.oracle;

import java.util.Set;

/**
 * One opcode form: a line of the opcode table with an operand size, in memory or between registers, with or without LOCK or REP.
 *
 * @param opcode the opcode's bytes in hexadecimal
 * @param prefix its mandatory prefix as the table has it: "np", "66", "F3", "F2" or "-"
 * @param modrm "-" for none, "r", "/n" or "=xx" without the table's m or r
 * @param mnemonic the instruction
 * @param operands in the table's notation
 * @param properties the table's properties
 * @param bits operand size, 0 where the form has one only
 * @param place where the ModR/M operand is
 * @param extra "lock", "rep", "repne" or ""
 * @param wide in 64-bit mode; else in 32-bit compatibility mode
 */
record Form(
        String opcode,
        String prefix,
        String modrm,
        String mnemonic,
        String operands,
        Set<String> properties,
        int bits,
        Place place,
        String extra,
        boolean wide) {
    /** Where the ModR/M operand is. */
    enum Place {
        /** There is none. */
        NONE,
        REGISTER,
        MEMORY
    }

    boolean has(String property) {
        return properties.contains(property);
    }

    boolean memory() {
        return place == Place.MEMORY;
    }

    /** The feature that it needs, or "". */
    String feature() {
        return properties.stream()
                .filter(p -> p.startsWith("f:"))
                .map(p -> p.substring(2))
                .findFirst()
                .orElse("");
    }

    /** Whether it has a VEX prefix. */
    boolean vex() {
        return has("l0") || has("l1") || has("lig");
    }

    /** Whether VEX.vvvv is an operand. */
    boolean namesVvvv() {
        return operands.matches(".*(H[a-z]|By).*");
    }

    /** The line of the table that it is of. */
    String line() {
        String length = has("l1") ? "VEX.256 " : has("l0") ? "VEX.128 " : has("lig") ? "VEX " : "";
        return "%s%s %s %s %s %s".formatted(length, prefix, opcode, modrm, mnemonic, operands);
    }

    /** Unique, and what the tables of masks and skips match: {@code "- 01 r ADD Ev,Gv 32 memory lock"}. */
    String id() {
        var text = new StringBuilder(line());
        if (bits != 0) {
            text.append(' ').append(bits);
        }
        if (place != Place.NONE) {
            text.append(place == Place.MEMORY ? " memory" : " register");
        }
        if (!extra.isEmpty()) {
            text.append(' ').append(extra);
        }
        return wide ? text.toString() : text.append(" compat").toString();
    }
}

package dev.backplane.disk.internal;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes as qemu-img takes and writes them. */
final class Sizes {
    private static final Pattern SIZE = Pattern.compile("([0-9]{1,19})(\\.[0-9]{1,9})?([bBkKmMgGtTpPeE]?)");
    private static final String UNITS = "bkmgtpe";
    private static final String[] NAMES = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

    private Sizes() {}

    /** Bytes, or nothing where it is no size below 2^63. */
    static Optional<Long> parse(String text) {
        Matcher matcher = SIZE.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        int unit =
                matcher.group(3).isEmpty() ? 0 : UNITS.indexOf(matcher.group(3).toLowerCase(Locale.ROOT));
        double fraction = matcher.group(2) == null ? 0 : Double.parseDouble("0" + matcher.group(2));
        if (fraction != 0 && unit == 0) {
            return Optional.empty();
        }
        try {
            long whole = Math.multiplyExact(Long.parseLong(matcher.group(1)), 1L << 10 * unit);
            return Optional.of(Math.addExact(whole, (long) (fraction * (1L << 10 * unit))));
        } catch (ArithmeticException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** With at most three digits: "1.5 GiB". */
    static String text(long bytes) {
        int unit = 0;
        double value = bytes;
        // 1000 and not 1024, as nobody wants four digits.
        while (value >= 1000 && unit < NAMES.length - 1) {
            value /= 1024;
            unit++;
        }
        String digits = value >= 100
                ? String.format(Locale.ROOT, "%.0f", value)
                : String.format(Locale.ROOT, value >= 10 ? "%.1f" : "%.2f", value);
        return (digits.contains(".") ? digits.replaceFirst("\\.?0+$", "") : digits) + " " + NAMES[unit];
    }
}

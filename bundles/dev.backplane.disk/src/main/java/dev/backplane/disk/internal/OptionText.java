package dev.backplane.disk.internal;

import dev.backplane.shell.command.CommandException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Options of a format as qemu-img takes them: {@code -o cluster_size=64k,compat=1.1}. Our options are called {@code clusterSize}, and sizes
 * have units of two powers ({@code 64KiB}).
 */
final class OptionText {
    private static final Pattern SIZE = Pattern.compile("([0-9]+)([kKmMgGtT])");
    private static final Pattern WORD = Pattern.compile("_([a-z0-9])");

    private OptionText() {}

    /** One or several comma-separated lists; a comma in a value is written twice. */
    static Map<String, String> parse(List<String> lists) throws CommandException {
        Map<String, String> options = new LinkedHashMap<>();
        for (String list : lists) {
            for (String each : list.replace(",,", "\0").split(",")) {
                int equals = each.indexOf('=');
                if (equals < 1) {
                    throw new CommandException("-o %s: expected name=value".formatted(each.replace('\0', ',')));
                }
                options.put(
                        name(each.substring(0, equals)),
                        value(each.substring(equals + 1).replace('\0', ',')));
            }
        }
        return options;
    }

    static String name(String theirs) {
        return WORD.matcher(theirs.replace('-', '_'))
                .replaceAll(match -> match.group(1).toUpperCase(java.util.Locale.ROOT));
    }

    private static String value(String theirs) {
        Matcher size = SIZE.matcher(theirs);
        return size.matches() ? size.group(1) + size.group(2).toUpperCase(java.util.Locale.ROOT) + "iB" : theirs;
    }
}

package dev.backplane.api.scheduler;

import dev.backplane.api.part.ConfigurationException;
import java.util.BitSet;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Lists of processors as options: {@code affinity: [0-3, 6]}. */
public final class ProcessorList {
    private static final Pattern ITEM = Pattern.compile("([0-9]{1,5})(?:-([0-9]{1,5}))?");

    private ProcessorList() {}

    /**
     * Reads an affinity.
     *
     * @param items numbers and ranges; none for all that there are
     * @param available the processors on which the process may run
     * @return at least one processor
     * @throws ConfigurationException when one is no processor, or none of these
     */
    public static BitSet read(List<String> items, BitSet available) throws ConfigurationException {
        BitSet asked = new BitSet();
        for (String item : items) {
            Matcher matcher = ITEM.matcher(item.strip());
            if (!matcher.matches()) {
                throw new ConfigurationException(
                        "affinity: \"%s\": expected a processor's number or a range such as 0-3".formatted(item));
            }
            int first = Integer.parseInt(matcher.group(1));
            int last = matcher.group(2) == null ? first : Integer.parseInt(matcher.group(2));
            if (last < first) {
                throw new ConfigurationException("affinity: \"%s\": expected the lower number first".formatted(item));
            }
            asked.set(first, last + 1);
        }
        if (items.isEmpty()) {
            return (BitSet) available.clone();
        }
        BitSet strange = (BitSet) asked.clone();
        strange.andNot(available);
        if (!strange.isEmpty()) {
            throw new ConfigurationException("affinity: this process may not run on processor %d: expected some of %s"
                    .formatted(strange.nextSetBit(0), available));
        }
        return asked;
    }
}

package dev.backplane.kernel.internal.file;

import java.util.Collection;
import java.util.Optional;

/** Finds what somebody may have meant. */
public final class Spelling {
    private Spelling() {}

    /**
     * The known word that is closest to a given one.
     *
     * @param word what was written
     * @param known what there is
     * @return the closest, where it is close enough to be meant
     */
    public static Optional<String> nearest(String word, Collection<String> known) {
        String best = "";
        int bestDistance = Integer.MAX_VALUE;
        for (String candidate : known) {
            int distance =
                    distance(word.toLowerCase(java.util.Locale.ROOT), candidate.toLowerCase(java.util.Locale.ROOT));
            if (distance < bestDistance) {
                best = candidate;
                bestDistance = distance;
            }
        }
        return bestDistance <= Math.max(1, word.length() / 3) ? Optional.of(best) : Optional.empty();
    }

    /**
     * A question to put behind an error, or nothing.
     *
     * @param word what was written
     * @param known what there is
     * @return for instance {@code "; did you mean \"port\"?"}
     */
    public static String hint(String word, Collection<String> known) {
        return nearest(word, known)
                .map(near -> "; did you mean \"" + near + "\"?")
                .orElse("");
    }

    /** Levenshtein's distance with two rows. Words are short: keys longer than 64 characters are cut. */
    private static int distance(String a, String b) {
        String left = a.substring(0, Math.min(64, a.length()));
        String right = b.substring(0, Math.min(64, b.length()));
        int[] above = new int[right.length() + 1];
        int[] row = new int[right.length() + 1];
        for (int j = 0; j <= right.length(); j++) {
            above[j] = j;
        }
        for (int i = 1; i <= left.length(); i++) {
            row[0] = i;
            for (int j = 1; j <= right.length(); j++) {
                int substitution = above[j - 1] + (left.charAt(i - 1) == right.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(substitution, 1 + Math.min(above[j], row[j - 1]));
            }
            int[] swap = above;
            above = row;
            row = swap;
        }
        return above[right.length()];
    }
}

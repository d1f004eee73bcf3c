package dev.backplane.shell.internal.gogo;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class YamlWordsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "device add a {type: b, on: {x: 1}} | device add a '{type: b, on: {x: 1}}'",
                "device add a {x: 'it''s', y: \"}\"} z | device add a '{x: '\"'\"'it'\"'\"''\"'\"'s'\"'\"', y: \"}\"}' z",
                "each [1 2] { echo $it } | each [1 2] { echo $it }",
                "device add a '{type: b}' | device add a '{type: b}'",
                "echo a{b:c} \"{x: y}\" | echo a{b:c} \"{x: y}\"",
                "device add a {type: b | device add a {type: b",
                "echo 'open {a: b} | echo 'open {a: b}"
            })
    void mapsAreQuotedAndNothingElse(String typed, String expected) {
        assertEquals(expected, YamlWords.quote(typed));
    }
}

{#-
    A text without a person's name (whole, or the surname with a form of address), mobile and landline numbers, ID
    numbers and unified social credit codes. Longer patterns go first, so that no part of one is taken for another.
-#}
{% macro redacted(text, name) -%}
    regexp_replace(
        regexp_replace(
            regexp_replace(
                regexp_replace(
                    replace({{ text }}, {{ name }}, '【姓名】'),
                    left({{ name }}, 1) || '(先生|女士|小姐|总|经理|阿姨|叔叔|大哥|大姐)', '【姓名】', 'g'
                ),
                '[1-9][0-9]{16}[0-9Xx]|[0-9A-HJ-NP-RT-UW-Y]{18}', '【证件号】', 'g'
            ),
            '(\+?86[- ]?)?1[3-9][0-9][- ]?[0-9]{4}[- ]?[0-9]{4}', '【电话】', 'g'
        ),
        '0[0-9]{2,3}-?[0-9]{7,8}', '【电话】', 'g'
    )
{%- endmacro %}

{#-
    A limit of Wilson's score interval of a proportion, 95 % (Wilson, JASA 22, 1927; no correction for continuity).

    kept, total: numbers of what was kept and of all; total is above zero.
    sign: '-' for the lower limit, '+' for the upper.
-#}
{% macro wilson(kept, total, sign) -%}
    {%- set z = 1.959964 -%}
    ((
        2 * {{ kept }} + {{ z ** 2 }}
        {{ sign }} {{ z }} * sqrt({{ z ** 2 }} + 4.0 * {{ kept }} * ({{ total }} - {{ kept }}) / {{ total }})
    ) / (2 * ({{ total }} + {{ z ** 2 }})))
{%- endmacro %}


{#-
    Limits of the difference of two independent proportions by Newcombe's hybrid of Wilson's limits
    (Newcombe, Statistics in Medicine 17, 1998, method 10), from columns p1, low1, high1, p2, low2, high2.
-#}
{% macro newcombe_low(p1, low1, p2, high2) -%}
    ({{ p1 }} - {{ p2 }} - sqrt(({{ p1 }} - {{ low1 }}) ^ 2 + ({{ high2 }} - {{ p2 }}) ^ 2))
{%- endmacro %}


{% macro newcombe_high(p1, high1, p2, low2) -%}
    ({{ p1 }} - {{ p2 }} + sqrt(({{ high1 }} - {{ p1 }}) ^ 2 + ({{ p2 }} - {{ low2 }}) ^ 2))
{%- endmacro %}

{#- The windows features look back over, in months; what looks back over one month looks over all of these. -#}
{% macro windows() -%}
    {{ return([1, 3, 6, 12]) }}
{%- endmacro %}


{#- Whether a day lies in the months before a moment. -#}
{% macro within(day, months) -%}
    {{ day }} > moments.as_of_date - interval '{{ months }} months'
{%- endmacro %}


{#- The dates all customers' features are wanted for: the edition's, and one and two years before to learn from. -#}
{% macro customer_dates() -%}
    {{ today() }}
    {%- for years in [1, 2] -%}
        , ({{ today() }} - interval '{{ 12 * years }} months')::date
    {%- endfor -%}
{%- endmacro %}


{#- Ways of being in touch whose shares are features; e-mail is what is left of them. -#}
{% macro ways_of_contact() -%}
    {{ return(['phone', 'app', 'wechat', 'branch', 'agent_visit']) }}
{%- endmacro %}


{#- Share of interactions of the last twelve months by certain channels; nothing where there was none. -#}
{% macro share_of_contacts_12m(channels) -%}
    (
        avg((interactions.channel {{ channels }})::integer) filter (where {{ within('interactions.occurred_on', 12) }})
    )::numeric(6, 4)
{%- endmacro %}


{#- Share of one of the six ways among all contacts known, leaning on a sixth by two contacts: one says little. -#}
{% macro leaning_share(counted, of_all) -%}
    ((coalesce({{ counted }}, 0) + 1 / 3.0) / (coalesce({{ of_all }}, 0) + 2))::numeric(6, 4)
{%- endmacro %}


{#- Lines of business of which it is told how many policies somebody holds or has bought. -#}
{% macro lines_of_business() -%}
    {{ return(['life', 'health', 'accident', 'motor', 'property']) }}
{%- endmacro %}


{#- How dues were paid, by window; of rows with due_on and, as far as known on as_of_date, paid_on. -#}
{% macro habits_of_paying() -%}
    {%- for months in windows() %}
        count(*) filter (
            where paid_on > due_on + 10 and due_on > as_of_date - interval '{{ months }} months'
        )::integer as payments_late_{{ months }}m,
        count(*) filter (
            where
            paid_on is null and due_on < as_of_date - 10 and due_on > as_of_date - interval '{{ months }} months'
        )::integer as payments_missed_{{ months }}m{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{#- The last three months against an average quarter of the nine before them; above nothing means more of late. -#}
{% macro trend(counted) -%}
    (
        coalesce({{ counted }}_3m, 0)
        - (coalesce({{ counted }}_12m, 0) - coalesce({{ counted }}_3m, 0)) / 3.0
    )::numeric(10, 2)
{%- endmacro %}

{#- Columns of features__policy_as_of that other features models make, by model. -#}
{% macro looking_back() %}
    {{ return({
        'payments': [
            'payments_late_1m', 'payments_late_3m', 'payments_late_6m', 'payments_late_12m', 'payments_missed_1m',
            'payments_missed_3m', 'payments_missed_6m', 'payments_missed_12m', 'payments_late_trend',
            'days_since_last_payment', 'premium_received_12m', 'premium_received_change_ratio',
        ],
        'history': [
            'claims_count_1m', 'claims_count_3m', 'claims_count_6m', 'claims_count_12m', 'claims_count_3y',
            'claims_paid_12m', 'claims_paid_3y', 'times_reinstated', 'times_in_grace_12m',
        ],
        'contact': [
            'interactions_1m', 'interactions_3m', 'interactions_6m', 'interactions_12m', 'interactions_trend',
            'days_since_contact', 'digital_share_12m', 'phone_share', 'app_share', 'wechat_share', 'branch_share',
            'agent_visit_share', 'complaints_1m', 'complaints_3m', 'complaints_6m', 'complaints_12m', 'complaints_to_date',
            'last_survey_score', 'survey_score_change', 'survey_score_mean', 'surveys_to_date', 'surveys_12m',
        ],
        'holding': [
            'bought_life', 'bought_health', 'bought_accident', 'bought_motor', 'bought_property',
        ],
        'agent': ['agent_days_since_sale'],
        'standing': [
            'status', 'days_to_next_due', 'days_to_maturity', 'premium_years_left', 'premium_share_ahead',
        ],
        'balance': ['loans_taken', 'loans_outstanding', 'cash_value', 'loan_to_cash_value'],
    }) }}
{% endmacro %}
